// From a valid 101 to a tunnel: the one place where an exchange turns into bytes that pass untouched.
import type { Destination } from '../decide/decide.ts';
import type { UpgradeRequest } from '../model/request.ts';
import type { ResponseHead } from '../model/response.ts';
import { switchingFields } from '../wire/http1-response.ts';
import { isValidSwitch } from '../wire/websocket-handshake.ts';
import type { ClientStream } from './client-stream.ts';
import type { ExchangeReport } from './report.ts';
import type { ExchangeServices } from './services.ts';
import { Tunnel } from './tunnel.ts';
import type { UpstreamConnection } from './upstream-connection.ts';

export type Switch = {
  readonly services: ExchangeServices;
  readonly stream: ClientStream;
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
  const { services, stream, connection, destination, report } = parts;
  const { slot } = connection.endpoint;
  const { labels, open } = destination.site;
  const openedMs = services.clock.monotonicMs();
  const client = stream.switchProtocols(fields);
  const hasExtensions = fields.some(
    (field, at) => at % 2 === 0 && field.toLowerCase() === 'sec-websocket-extensions',
  );
  const tunnel = new Tunnel({ client, backend: connection.socket }, services, {
    idleTimeoutMs: open?.webSocketIdleTimeoutMs ?? Number.POSITIVE_INFINITY,
    extensions: hasExtensions,
    onMessages: (fromClient, fromBackend) =>
      services.recorder.webSocketMessages(labels, fromClient, fromBackend),
    onClosed: (summary) => {
      services.tunnels.delete(tunnel);
      services.row.addTunnels(slot, -1);
      const durationMs = services.clock.monotonicMs() - openedMs;
      services.recorder.webSocketClosed(labels, { durationMs, reason: summary.reason });
      report.webSocketClosed({ durationMs, ...summary });
    },
  });
  services.tunnels.add(tunnel);
  services.row.addTunnels(slot, 1);
  services.recorder.webSocketOpened(labels);
  report.webSocketOpened();
  stream.enterTunnel(tunnel.client);
  connection.enterTunnel(tunnel.backend);
}
