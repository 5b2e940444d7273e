// What most wire tests start: a recording backend and a data plane with one site, host `a`, open to all.
import { backend, endpoint, openSite, site } from '../../src/decide/test-objects.ts';
import type { Backend, OpenSite, Site } from '../../src/model/configuration.ts';
import { configuration, type PlaneOptions, TestPlane } from '../support/data-plane.ts';
import { answer, always, RecordingBackend } from '../support/recording-backend.ts';
import { until, WireClient } from '../support/wire-client.ts';

/** Without persistence an answer has no field that a test did not ask for. */
const NO_PERSISTENCE = { ...openSite().persistence, type: 'None' } as const;

export type SceneOptions = PlaneOptions & {
  readonly site?: Partial<OpenSite>;
  readonly backend?: Partial<Backend>;
  /** Other sites of the same backend. */
  readonly more?: readonly Site[];
};

export class WireScene {
  readonly backend: RecordingBackend;
  readonly plane: TestPlane;
  readonly #clients: WireClient[] = [];

  private constructor(recorder: RecordingBackend, plane: TestPlane) {
    this.backend = recorder;
    this.plane = plane;
  }

  static async start(options: SceneOptions = {}): Promise<WireScene> {
    const recorder = await RecordingBackend.start();
    const endpoints = [endpoint('node', { address: '127.0.0.1', port: recorder.port })];
    const wanted = configuration(
      [site('a', openSite({ persistence: NO_PERSISTENCE, ...options.site })), ...(options.more ?? [])],
      [backend(endpoints, options.backend)],
    );
    return new WireScene(recorder, await TestPlane.start(wanted, options));
  }

  /** Between tests: no connection is left, and every answer is `ok` again. */
  async reset(): Promise<void> {
    this.backend.script = always(answer('ok'));
    this.backend.intercept = undefined;
    for (const client of this.#clients.splice(0)) client.destroy();
    this.backend.forget();
    await this.idle();
    // A connection that was given up while it was being made may reach the backend only now.
    await this.plane.settle();
    this.backend.forget();
    this.plane.records.length = 0;
  }

  /** Nothing is charged to any endpoint any more. */
  async idle(): Promise<void> {
    await until(
      () => this.plane.load === 0,
      () => `the load ${this.plane.load} to go`,
    );
  }

  async client(keeps = true): Promise<WireClient> {
    const client = await WireClient.connect(this.plane.httpPort, keeps);
    this.#clients.push(client);
    return client;
  }

  async tlsClient(servername: string, keeps = true): Promise<WireClient> {
    const client = await WireClient.connectTls(this.plane.httpsPort, servername, keeps);
    this.#clients.push(client);
    return client;
  }

  /** The only connection to the backend; throws where there is none or another one. */
  get upstream(): RecordingBackend['connections'][number] {
    const [connection, other] = this.backend.connections;
    if (connection === undefined || other !== undefined)
      throw new Error(`There are ${this.backend.connections.length} connections to the backend`);
    return connection;
  }

  /** Waits until a backend's connection has ended, and says how. */
  async upstreamEnd(at = 0): Promise<'fin' | 'reset'> {
    await until(
      () => this.backend.connections[at]?.ending !== undefined,
      () => `the end of backend connection ${at}`,
    );
    return this.backend.connections[at]?.ending ?? 'fin';
  }

  async end(): Promise<void> {
    await this.reset();
    await this.backend.stop();
    await this.plane.close();
  }
}
