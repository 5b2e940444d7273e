// Many endpoints at one server: it listens on the whole loopback network, and says as whom it was asked.
import type { Reply } from '../../src/demo/mattermost/session.ts';
import { type EndpointPlace, type Manifest, service, slices } from './manifest-builders.ts';
import { answer, RawBackend } from './raw-backend.ts';

export class StickyPods {
  readonly #server: RawBackend;

  private constructor(server: RawBackend) {
    this.#server = server;
  }

  static async start(): Promise<StickyPods> {
    const reply = (address: string) => answer('{"status":"OK"}', `X-Demo-Node: ${address}\r\n`);
    const server = await RawBackend.start(
      'pods',
      ({ socket }) => void socket.write(reply(socket.localAddress ?? '')),
      { host: '0.0.0.0' },
    );
    return new StickyPods(server);
  }

  /** The endpoint of that number; its address is its name in answers. */
  place(at: number, more: Partial<EndpointPlace> = {}): EndpointPlace {
    return { name: `pod-${at}`, address: `127.30.0.${at}`, port: this.#server.port, ...more };
  }

  /** The first endpoints. */
  places(count: number): readonly EndpointPlace[] {
    return Array.from({ length: count }, (_, at) => this.place(at + 1));
  }

  /** A Service of that name with the first endpoints. */
  backend(name: string, count: number): readonly Manifest[] {
    return [service(name), ...slices(name, this.places(count))];
  }

  stop(): Promise<void> {
    return this.#server.stop();
  }
}

/** The cookies that an answer sets, without their tokens. */
export function cookiesOf({ headers }: Reply): readonly string[] {
  return (headers['set-cookie'] ?? []).map((line) => line.replace(/=[\w-]{22};/, '=TOKEN;'));
}

/** The first one as the client sends it back; empty where there is none. */
export function cookieOf({ headers }: Reply): string {
  return headers['set-cookie']?.[0]?.split(';')[0] ?? '';
}
