// A TCP proxy on the way to an API server that can fall silent, and can cut what is open.
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

type Pair = { readonly client: Socket; readonly server: Socket };

export class PausingProxy {
  readonly #server: Server;
  readonly #target: URL;
  readonly #pairs = new Set<Pair>();
  #isPaused = false;

  private constructor(target: URL) {
    this.#target = target;
    this.#server = createServer((client) => this.#forward(client));
  }

  /** @param url of the API server */
  static async start(url: string): Promise<PausingProxy> {
    const proxy = new PausingProxy(new URL(url));
    // The certificate of the API server names its address.
    proxy.#server.listen(0, proxy.#target.hostname);
    await once(proxy.#server, 'listening');
    return proxy;
  }

  get url(): string {
    return `https://${this.#target.hostname}:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Connections stay and new ones are taken, but no byte passes. */
  pause(): void {
    this.#isPaused = true;
    for (const { client, server } of this.#pairs) {
      client.pause();
      server.pause();
    }
  }

  resume(): void {
    this.#isPaused = false;
    for (const { client, server } of this.#pairs) {
      client.resume();
      server.resume();
    }
  }

  /** Resets all connections. @returns how many there were */
  cut(): number {
    const cut = this.#pairs.size;
    for (const { client, server } of this.#pairs) {
      client.resetAndDestroy();
      server.resetAndDestroy();
    }
    return cut;
  }

  async stop(): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.cut();
    await closed;
  }

  #forward(client: Socket): void {
    const server = connect(Number(this.#target.port), this.#target.hostname);
    const pair = { client, server };
    this.#pairs.add(pair);
    const end = () => {
      this.#pairs.delete(pair);
      client.destroy();
      server.destroy();
    };
    // Not `pipe`, which would let them flow again by itself.
    client.on('data', (chunk: Buffer) => server.write(chunk));
    server.on('data', (chunk: Buffer) => client.write(chunk));
    for (const socket of [client, server]) socket.on('error', end).on('close', end);
    if (this.#isPaused) {
      client.pause();
      server.pause();
    }
  }
}
