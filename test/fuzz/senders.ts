// What a way to reach a listener is to the properties: it sends attacks, and says how they are to be judged, since a
// protocol may not carry all that was written down.
import { proxyV2 } from '../support/proxy-headers.ts';
import type { Attack, AttackedPlane } from './attack.ts';
import type { Asked } from './reference.ts';

/** Everything that a client got. */
export type Received = { readonly statuses: readonly number[]; readonly text: string };

export type Sender = {
  readonly name: string;
  readonly opensWebSockets: boolean;
  /** The request as it goes over this protocol. */
  readonly judged: (asked: Asked) => Asked;
  /** Sends all of them in their order, and waits for what comes of each. */
  readonly sendAll: (attacked: AttackedPlane, attacks: readonly Attack[]) => Promise<readonly Received[]>;
};

/** A header that says who is behind a connection. */
export function proxyHeader({ peer }: Asked): Buffer {
  const destination = peer.includes(':') ? '2001:db8::53' : '198.51.100.1';
  return proxyV2({ source: peer, destination, sourcePort: 40_000, destinationPort: 443 });
}
