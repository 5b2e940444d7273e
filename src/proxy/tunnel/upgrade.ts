// From a valid 101 to a tunnel: the one place where an exchange turns into bytes that pass untouched.
import type { Destination } from '../../decide/decide.ts';
import type { RequestHead, UpgradeRequest } from '../../model/request.ts';
import type { ResponseHead } from '../../model/response.ts';
import { switchingFields } from '../../wire/http1-response.ts';
import { isValidSwitch } from '../../wire/websocket-handshake.ts';
import type { ClientStream } from '../client/client-stream.ts';
import type { ExchangeReport } from '../report.ts';
import type { ExchangeServices } from '../services.ts';
import { Tunnel } from './tunnel.ts';
import { TunnelLife } from './tunnel-life.ts';
import type { UpstreamConnection } from '../backend/upstream-connection.ts';

export type Switch = {
  readonly services: ExchangeServices;
  readonly stream: ClientStream;
  readonly head: RequestHead;
  readonly connection: UpstreamConnection;
  readonly destination: Destination;
  readonly report: ExchangeReport;
};

/** Row U8: only the answer to this very handshake opens a tunnel. */
export function isAcceptedUpgrade(upgrade: UpgradeRequest, head: ResponseHead): boolean {
  return isValidSwitch(upgrade, switchingFields(head));
}

/** Sends the 101 and joins the two connections. @param fields of the 101 for the client */
export function openTunnel(parts: Switch, fields: readonly string[]): void {
  const { services, stream, head, connection, destination, report } = parts;
  const client = stream.switchProtocols(fields);
  const extensions = fields.some(
    (field, at) => at % 2 === 0 && field.toLowerCase() === 'sec-websocket-extensions',
  );
  const serving = destination.site;
  const idleTimeoutMs = serving.open?.webSocketIdleTimeoutMs ?? Number.POSITIVE_INFINITY;
  const place = services.tunnels.placeOf(serving, connection.endpoint);
  const life = new TunnelLife({ services, head, report, serving, place });
  const tunnel = new Tunnel(
    { client, backend: connection.socket },
    services,
    { idleTimeoutMs, extensions },
    life,
  );
  life.begin(tunnel, serving.open);
  life.client = stream.enterTunnel(tunnel.client);
  connection.enterTunnel(tunnel.backend);
}
