// What is kept of a tunnel beside its bytes, for days perhaps: what is counted and told of it, what it was admitted
// with, and where it belongs when something is to close.
import type { ServingSite } from '../../decide/compiled.ts';
import type { Admitted, Proof } from '../../decide/recheck.ts';
import type { IpAddress } from '../../model/address.ts';
import type { OpenSite } from '../../model/configuration.ts';
import type { AdmissionVerdict, Context, SiteLabels } from '../../model/decision.ts';
import type { RequestHead } from '../../model/request.ts';
import type { TunneledClient } from '../client/client-stream.ts';
import type { Closing } from './closing.ts';
import type { KeptTunnel, MassClose } from './mass-close.ts';
import type { ExchangeReport, WebSocketReport } from '../report.ts';
import type { ExchangeServices } from '../services.ts';
import type { Tunnel, TunnelObserver, TunnelSummary } from './tunnel.ts';
import type { TunnelPlace } from './site-tunnels.ts';

/** What an exchange leaves to its tunnel. */
export type Handover = {
  readonly services: ExchangeServices;
  readonly head: RequestHead;
  readonly report: ExchangeReport;
  readonly serving: ServingSite;
  readonly place: TunnelPlace;
};

/** A WebSocket of the Calls plugin: its client gives up 30 s after it was cut off, so that it is never kept waiting. */
const CALLS = /[?&]calls=true(?:&|$)/;

export class TunnelLife implements TunnelObserver, KeptTunnel {
  readonly isCalls: boolean;
  massClose: MassClose | undefined;
  /** The place that its client takes. */
  client: TunneledClient | undefined;
  readonly #services: ExchangeServices;
  readonly #place: TunnelPlace;
  readonly #labels: SiteLabels;
  readonly #report: WebSocketReport;
  readonly #path: string;
  readonly #address: IpAddress | undefined;
  #verdict: AdmissionVerdict | undefined;
  #proof: Proof | undefined;
  #tunnel: Tunnel | undefined;

  constructor({ services, head, report, serving, place }: Handover) {
    this.isCalls = CALLS.test(head.target);
    this.#services = services;
    this.#place = place;
    this.#labels = serving.labels;
    this.#report = report.openWebSocket();
    this.#path = place.group.ownPath(head.path);
    const { address, admission }: Partial<Context> = report.context ?? {};
    this.#address = address;
    this.#verdict = admission;
  }

  /** @param admittedBy the settings at its handshake */
  begin(tunnel: Tunnel, admittedBy: OpenSite | undefined): void {
    const { tunnels, row, recorder } = this.#services;
    this.#tunnel = tunnel;
    if (admittedBy !== undefined && this.#verdict !== undefined)
      this.#proof = this.#place.site.proofOf(admittedBy.admission, this.#verdict);
    this.#verdict = undefined;
    tunnels.add(this, this.#place, admittedBy);
    row.addTunnels(this.#place.group.slot, 1);
    recorder.webSocketOpened(this.#labels);
  }

  // === for who closes it ===

  /** What it was admitted with. */
  get admitted(): Admitted | undefined {
    if (this.#proof === undefined || this.#address === undefined) return undefined;
    return { ...this.#proof, address: this.#address, path: this.#path };
  }

  get host(): string {
    return this.#labels.host;
  }

  get ageMs(): number {
    return this.#report.ageMs;
  }

  get canClose(): boolean {
    return this.#tunnel?.isOpen === true;
  }

  get isHeld(): boolean {
    return this.#tunnel?.isHeld === true;
  }

  close(closing: Closing): void {
    this.#tunnel?.closeByServer(closing);
  }

  tellMessages(): void {
    this.#tunnel?.tellMessages();
  }

  // === told by the tunnel ===

  onBackendLost(): 'pass' | 'hold' | 'close' {
    const { site, group } = this.#place;
    return site.judgeLoss(this, group);
  }

  onMessages(fromClient: number, fromBackend: number): void {
    this.#services.recorder.webSocketMessages(this.#labels, fromClient, fromBackend);
  }

  onClosed(summary: TunnelSummary): void {
    const { tunnels, row, recorder } = this.#services;
    tunnels.delete(this, this.#place);
    row.addTunnels(this.#place.group.slot, -1);
    const durationMs = this.#report.close(summary);
    recorder.webSocketClosed(this.#labels, { durationMs, reason: summary.reason });
  }

  onClientGone(): void {
    this.client?.onGone();
  }
}
