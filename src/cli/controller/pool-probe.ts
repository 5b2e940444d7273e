// Health checks that come from the addresses requests come from.
import { type StartProbe, startProbe } from '../../control/probe.ts';
import { OwnAddresses } from '../../proxy/backend/own-addresses.ts';
import { SourceAddresses } from '../../proxy/backend/source-addresses.ts';

/** Checks go the way of requests: a firewall in front of the nodes may let nobody in but the pool. */
export function probeFromPool(nowMs: () => number): StartProbe {
  const addresses = new OwnAddresses();
  const sources = new SourceAddresses({
    ownAddresses: () => addresses.now(),
    nowMs,
    onFailed: () => {},
  });
  return (target, done) => {
    const { sourceAddresses, endpoint } = target;
    const localAddress = sourceAddresses && sources.next(sourceAddresses, endpoint.address.includes(':'));
    return startProbe({ ...target, localAddress }, done);
  };
}
