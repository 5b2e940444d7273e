// What the tests of reflectors start: a fake API server, and reflectors on it that end with it.
import type { ApiObject, Service } from '../../../src/api/objects.ts';
import { type Resource, services } from '../../../src/kube/resource.ts';
import { service } from './cluster-objects.ts';
import { FakeApiServer } from './fake-api-server.ts';
import type { ApiProtocols } from './tls-listener.ts';
import { WatchedKind, type WatchedOptions } from './watched-kind.ts';

export class ReflectorScene {
  readonly server: FakeApiServer;
  readonly #watched: { stop(): Promise<void> }[] = [];

  private constructor(server: FakeApiServer) {
    this.server = server;
  }

  static async start(protocols?: ApiProtocols): Promise<ReflectorScene> {
    return new ReflectorScene(await FakeApiServer.start(protocols));
  }

  async watch<Kept extends ApiObject>(
    resource: Resource<Kept>,
    options: WatchedOptions = {},
  ): Promise<WatchedKind<Kept>> {
    const kind = await WatchedKind.start(this.server, resource, options);
    this.#watched.push(kind);
    return kind;
  }

  /** A reflector of Services that has read one and watches. */
  async watchServices(options: WatchedOptions = {}): Promise<WatchedKind<Service>> {
    this.server.cluster.put('services', service('first'));
    const kind = await this.watch(services, options);
    await kind.watching();
    return kind;
  }

  /** Changes Services in every way. */
  change(): void {
    const { cluster } = this.server;
    cluster.put('services', service('second'));
    cluster.put('services', service('first', 9000));
    cluster.put('services', service('third'));
    cluster.delete('services', 'second');
  }

  /** Ends every reflector, then the server. */
  async end(): Promise<void> {
    await Promise.all(this.#watched.splice(0).map((each) => each.stop()));
    await this.server.stop();
  }
}
