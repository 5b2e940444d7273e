// From what the translator gives to what a worker serves: through the publisher, as in the process.
import { Publisher } from '../../src/control/publisher.ts';
import { compileBackend, compileHosts, type Serving } from '../../src/decide/compiled.ts';
import type { Configuration } from '../../src/model/configuration.ts';

/** What a worker serves after its first delta. */
export function servingOf(configuration: Configuration): Serving {
  const delta = new Publisher(1000).advance(configuration);
  if (delta === undefined) throw new Error('The first configuration gives no delta');
  const { sites, backends, certificates, generation } = delta;
  return {
    generation,
    hosts: compileHosts(sites.set),
    backends: new Map(backends.set.map((placed) => [placed.backend.key, compileBackend(placed)])),
    certificates: new Map(certificates.set.map((each) => [each.key, each])),
  };
}
