// Proof that the kernel has handed over what was written so far. Mostly it does so at once; a machine that has much else
// to do may take its time.
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** A connection to ourselves. Loopback keeps its order: what was written before a byte of ours has come before it. */
export class LoopbackEcho {
  readonly #server: Server;
  readonly #client: Socket;
  #sentBytes = 0;
  #returnedBytes = 0;

  private constructor(server: Server, client: Socket) {
    this.#server = server;
    this.#client = client;
    client.on('data', ({ length }: Buffer) => (this.#returnedBytes += length));
  }

  static async open(): Promise<LoopbackEcho> {
    const server = createServer({ noDelay: true }, (socket) => socket.pipe(socket));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const client = connect({ port, host: '127.0.0.1', noDelay: true });
    await once(client, 'connect');
    return new LoopbackEcho(server, client);
  }

  /** Waits until all that was written so far is where it was to go: to be read there with the next turn. */
  async returned(): Promise<void> {
    const wantedBytes = ++this.#sentBytes;
    this.#client.write('.');
    while (this.#returnedBytes < wantedBytes) await once(this.#client, 'data');
  }

  close(): void {
    this.#client.destroy();
    this.#server.close();
  }
}
