// From a valid 101 to a tunnel: the one place where an exchange turns into bytes that pass untouched.
import type { Destination } from '../decide/decide.ts';
import type { SiteLabels } from '../model/decision.ts';
import type { UpgradeRequest } from '../model/request.ts';
import type { ResponseHead } from '../model/response.ts';
import { switchingFields } from '../wire/http1-response.ts';
import { isValidSwitch } from '../wire/websocket-handshake.ts';
import type { ClientStream } from './client-stream.ts';
import type { ExchangeReport, WebSocketReport } from './report.ts';
import type { ExchangeServices } from './services.ts';
import { Tunnel, type TunnelObserver, type TunnelSummary } from './tunnel.ts';
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
  const client = stream.switchProtocols(fields);
  const extensions = fields.some(
    (field, at) => at % 2 === 0 && field.toLowerCase() === 'sec-websocket-extensions',
  );
  const idleTimeoutMs = destination.site.open?.webSocketIdleTimeoutMs ?? Number.POSITIVE_INFINITY;
  const life = new TunnelLife(parts, report.openWebSocket());
  const tunnel = new Tunnel(
    { client, backend: connection.socket },
    services,
    { idleTimeoutMs, extensions },
    life,
  );
  life.begin(tunnel);
  stream.enterTunnel(tunnel.client);
  connection.enterTunnel(tunnel.backend);
}

/** What is counted and told of one tunnel; of the exchange it came from only this is kept, for days perhaps. */
class TunnelLife implements TunnelObserver {
  readonly #services: ExchangeServices;
  readonly #stream: ClientStream;
  readonly #slot: number;
  readonly #labels: SiteLabels;
  readonly #report: WebSocketReport;
  #tunnel: Tunnel | undefined;

  constructor({ services, stream, connection, destination }: Switch, report: WebSocketReport) {
    this.#services = services;
    this.#stream = stream;
    this.#slot = connection.endpoint.slot;
    this.#labels = destination.site.labels;
    this.#report = report;
  }

  begin(tunnel: Tunnel): void {
    const { tunnels, row, recorder } = this.#services;
    this.#tunnel = tunnel;
    tunnels.add(tunnel);
    row.addTunnels(this.#slot, 1);
    recorder.webSocketOpened(this.#labels);
  }

  onMessages(fromClient: number, fromBackend: number): void {
    this.#services.recorder.webSocketMessages(this.#labels, fromClient, fromBackend);
  }

  onClosed(summary: TunnelSummary): void {
    const { tunnels, row, recorder } = this.#services;
    if (this.#tunnel !== undefined) tunnels.delete(this.#tunnel);
    row.addTunnels(this.#slot, -1);
    const durationMs = this.#report.close(summary);
    recorder.webSocketClosed(this.#labels, { durationMs, reason: summary.reason });
  }

  onClientGone(): void {
    this.#stream.onTunnelClosed();
  }
}
