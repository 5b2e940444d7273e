// Many endpoints at one port of as many loopback addresses, each of which says as whom it was asked.
import type { Reply } from '../../src/demo/mattermost/session.ts';
import { type EndpointPlace, type Manifest, service, slices } from './manifest-builders.ts';
import { answer, RawBackend, type Script } from './raw-backend.ts';

const COUNT = 15;

function addressOf(at: number): string {
  return `127.30.0.${at}`;
}

export class StickyPods {
  readonly #servers: readonly RawBackend[];
  readonly #port: number;

  private constructor(servers: readonly RawBackend[], port: number) {
    this.#servers = servers;
    this.#port = port;
  }

  static async start(): Promise<StickyPods> {
    const script: Script = ({ socket }) =>
      void socket.write(answer('{"status":"OK"}', `X-Demo-Node: ${socket.localAddress ?? ''}\r\n`));
    const first = await RawBackend.start('pod-1', script, { host: addressOf(1) });
    const { port } = first;
    const others = Array.from({ length: COUNT - 1 }, (_, at) =>
      RawBackend.start(`pod-${at + 2}`, script, { host: addressOf(at + 2), port }),
    );
    return new StickyPods([first, ...(await Promise.all(others))], port);
  }

  /** The endpoint of that number; its address is its name in answers. */
  place(at: number, more: Partial<EndpointPlace> = {}): EndpointPlace {
    return { name: `pod-${at}`, address: addressOf(at), port: this.#port, ...more };
  }

  /** The same pod at an address where nobody listens. */
  refusing(at: number): EndpointPlace {
    return this.place(at, { address: addressOf(COUNT + at) });
  }

  /** The first endpoints. */
  places(count: number): readonly EndpointPlace[] {
    return Array.from({ length: count }, (_, at) => this.place(at + 1));
  }

  /** A Service of that name with the first endpoints. */
  backend(name: string, count: number): readonly Manifest[] {
    return [service(name), ...slices(name, this.places(count))];
  }

  async stop(): Promise<void> {
    await Promise.all(this.#servers.map((server) => server.stop()));
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
