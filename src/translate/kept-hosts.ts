// Hosts that --host-namespace keeps for a namespace which has no object for them: nobody else's wildcard answers in its
// place, or the cookies of its users would go there.
import type { Site } from '../model/configuration.ts';
import type { ObjectReference } from '../model/finding.ts';
import { wildcardOf } from './host-patterns.ts';
import type { HostPin } from './routes.ts';

/**
 * A closed site for each of them that a wildcard of another namespace would answer for.
 * @param owners by host, as `ownersOf` gives them @param before those of the last time, which stay the same values
 */
export function keptHosts(
  owners: ReadonlyMap<string, ObjectReference>,
  pins: readonly HostPin[],
  before: readonly Site[],
): readonly Site[] {
  return pins
    .filter(({ host, namespace }) => {
      const answering = owners.has(host) ? undefined : owners.get(wildcardOf(host) ?? '');
      return answering !== undefined && answering.namespace !== namespace;
    })
    .map((pin) => before.find(({ key }) => key === keyOfPin(pin)) ?? keptSite(pin));
}

function keyOfPin({ host, namespace }: HostPin): string {
  return `kept ${namespace}/${host}`;
}

function keptSite(pin: HostPin): Site {
  const { host, namespace } = pin;
  return {
    key: keyOfPin(pin),
    owner: { kind: 'Namespace', namespace, name: namespace },
    hosts: [host],
    path: '/',
    pathType: 'Prefix',
    service: { kind: 'closed', reason: 'host-unclaimed', tls: undefined },
  };
}
