// What tests of streams of HTTP/2 have in common: a scene over TLS, and clients that go with it.
import { FrameClient, type FrameClientOptions, requestList } from '../support/http2-client.ts';
import { SETTING, windowUpdate } from '../support/http2-frames.ts';
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

  /** A client whose answers were all given, and of which it has read none: it allows all of them, and stands still. */
  async unread(
    requests: number,
    body: string,
  ): Promise<{ readonly client: FrameClient; readonly streams: readonly number[] }> {
    this.quiet();
    const windowBytes = 2 * requests * body.length;
    const client = await this.client({ settings: [[SETTING.initialWindowSize, windowBytes]] });
    client.send(windowUpdate(0, windowBytes));
    const streams = Array.from({ length: requests }, (_, at) => 2 * at + 1);
    for (const stream of streams) client.request(stream, requestList());
    await this.asked(requests);
    client.socket.pause();
    for (const connection of this.wire.backend.connections) connection.send(answer(body));
    await until(
      () => this.wire.plane.records.length === requests,
      () => `${requests} answers, of which ${this.wire.plane.records.length} were given`,
    );
    return { client, streams };
  }

  async end(): Promise<void> {
    await this.reset();
    await this.wire.end();
  }
}
