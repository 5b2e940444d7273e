// What tests of streams of HTTP/2 have in common: a scene over TLS, and clients that go with it.
import { FrameClient, type FrameClientOptions } from '../support/http2-client.ts';
import { answer } from '../support/recording-backend.ts';
import { until } from '../support/wire-client.ts';
import { type SceneOptions, WireScene } from './scene.ts';

export class Http2Scene {
  readonly wire: WireScene;
  readonly #clients: FrameClient[] = [];

  private constructor(wire: WireScene) {
    this.wire = wire;
  }

  static async start(options: SceneOptions = {}): Promise<Http2Scene> {
    return new Http2Scene(await WireScene.start({ https: true, ...options }));
  }

  async client(options: FrameClientOptions = {}): Promise<FrameClient> {
    const client = await FrameClient.connect(this.wire.plane.httpsPort, options);
    this.#clients.push(client);
    return client;
  }

  async reset(): Promise<void> {
    for (const client of this.#clients.splice(0)) client.destroy();
    await this.wire.reset();
  }

  /** The backend takes requests and says nothing. */
  quiet(): void {
    this.wire.backend.script = () => undefined;
  }

  /** The backend answers what it was asked before. */
  answerAll(): void {
    for (const connection of this.wire.backend.connections) connection.send(answer('late'));
  }

  /** Waits until the backend has that many complete requests. */
  async asked(requests: number): Promise<void> {
    await until(
      () => this.wire.backend.requests.length === requests,
      () => `${requests} requests at the backend`,
    );
  }

  /** Waits until the backend has heard this much of some request. */
  async requested(text = '\r\n\r\n'): Promise<void> {
    await until(
      () => this.wire.backend.text.includes(text),
      () => `${JSON.stringify(text)} at the backend`,
    );
  }

  async end(): Promise<void> {
    await this.reset();
    await this.wire.end();
  }
}
