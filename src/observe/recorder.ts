// What the data plane tells of itself, one call an event; one Recorder a worker, writing to shared memory.
// Labels come from the configuration or from closed lists, never from clients.
import { STATUS_CODES } from 'node:http';
import type { TlsVersion } from '../model/configuration.ts';
import type { AdmissionVerdict, AffinityResult, LimitResult, SiteLabels } from '../model/decision.ts';
import type { BackendFault, Fault } from '../model/fault.ts';
import { Series } from './series.ts';
import type { SeriesWriter } from './series.ts';

export type Listener = 'http' | 'https' | 'legacy-https';

/** Why a connection was closed before a request was read: too many are open, or no valid PROXY header came. */
export type ConnectionRejection = 'connection-limit' | 'proxy-header';

export type HandshakeResult = 'ok' | 'failed' | 'refused';

/** What ended a WebSocket: an end in good order (`closed`) or a broken connection (`lost`) of either side, or us. */
export type WebSocketCloseReason =
  | 'client-closed'
  | 'client-lost'
  | 'backend-closed'
  | 'backend-lost'
  | 'idle'
  | 'shutdown'
  | 'endpoint-draining'
  | 'endpoint-removed'
  | 'site-removed'
  | 'policy-changed'
  | 'max-duration';

export type RequestOutcome = {
  readonly method: string;
  /** 0 where no response was sent. */
  readonly status: number;
  readonly durationMs: number;
  readonly requestBytes: number;
  readonly responseBytes: number;
};

export type WebSocketOutcome = {
  readonly reason: WebSocketCloseReason;
  readonly durationMs: number;
};

/** Labels of everything that no site answers for: one series, whatever host a client asks for. */
const UNKNOWN_SITE: SiteLabels = { namespace: '', kind: '', name: '', host: 'unknown' };

const METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

/** Counts in the series of one worker; never throws for want of room. */
export class Recorder {
  readonly #writer: SeriesWriter;
  /** Sites by identity: `SiteLabels` are made once when a configuration is compiled. */
  readonly #sites = new WeakMap<SiteLabels, SiteSeries>();
  /** Sites by value: a site that is compiled anew goes on in its old series. */
  readonly #sitesByLabels = new Map<string, SiteSeries>();
  readonly #connections: Series;
  readonly #rejections: Series;
  readonly #handshakes: Series;
  readonly #retries: Series;
  readonly #faults: Series;
  readonly #sourceFailures: Series;
  readonly #droppedLines: Series;

  constructor(writer: SeriesWriter) {
    this.#writer = writer;
    this.#connections = new Series(writer, 'connections', []);
    this.#rejections = new Series(writer, 'connections_rejected_total', []);
    this.#handshakes = new Series(writer, 'tls_handshakes_total', []);
    this.#retries = new Series(writer, 'retries_total', []);
    this.#faults = new Series(writer, 'faults_total', []);
    this.#sourceFailures = new Series(writer, 'source_address_failures_total', []);
    this.#droppedLines = new Series(writer, 'log_lines_dropped_total', []);
  }

  connectionOpened(listener: Listener): void {
    this.#connections.at(listener).add(1);
  }

  connectionClosed(listener: Listener): void {
    this.#connections.at(listener).add(-1);
  }

  connectionRejected(reason: ConnectionRejection): void {
    this.#rejections.at(reason).add(1);
  }

  /** `refused`: the client offered nothing we may speak; `failed`: anything else. */
  tlsHandshake(version: TlsVersion | undefined, result: HandshakeResult): void {
    this.#handshakes
      .at(version ?? 'unknown')
      .at(result)
      .add(1);
  }

  /** A request counts once for each key, however many headers came with its value. */
  admissionDecided(site: SiteLabels, { rule, action, mode, secretKeys }: AdmissionVerdict): void {
    const series = this.#series(site);
    series.admissions.at(rule).at(action).at(mode).add(1);
    secretKeys?.forEach((key, at) => {
      if (secretKeys.indexOf(key) === at) series.secrets.at(rule).at(key).add(1);
    });
  }

  limitDecided(site: SiteLabels, result: LimitResult): void {
    this.#series(site).limits.at(result).add(1);
  }

  sessionChecked(site: SiteLabels, result: 'valid' | 'invalid' | 'failed' | 'cached'): void {
    this.#series(site).sessions.at(result).add(1);
  }

  affinityDecided(site: SiteLabels, result: AffinityResult): void {
    this.#series(site).affinities.at(result).add(1);
  }

  /** Once for each request, whatever became of it; `site` undefined where none was found. */
  requestFinished(site: SiteLabels | undefined, outcome: RequestOutcome): void {
    const series = this.#series(site ?? UNKNOWN_SITE);
    series.requests
      .at(METHODS.has(outcome.method) ? outcome.method : 'OTHER')
      .at(code(outcome.status))
      .add(1);
    series.durations.observe(outcome.durationMs / 1000);
    series.requestBytes.add(outcome.requestBytes);
    series.responseBytes.add(outcome.responseBytes);
  }

  upstreamConnected(site: SiteLabels, durationMs: number): void {
    this.#series(site).connects.observe(durationMs / 1000);
  }

  upstreamFirstByte(site: SiteLabels, durationMs: number): void {
    this.#series(site).firstBytes.observe(durationMs / 1000);
  }

  endpointFull(site: SiteLabels): void {
    this.#series(site).full.add(1);
  }

  retried(reason: BackendFault): void {
    this.#retries.at(reason).add(1);
  }

  /** @param address one of our own */
  sourceAddressFailed(address: string, reason: 'unbindable' | 'exhausted'): void {
    this.#sourceFailures.at(address).at(reason).add(1);
  }

  faulted(fault: Fault): void {
    this.#faults.at(fault.source).at(fault.code).add(1);
  }

  webSocketOpened(site: SiteLabels): void {
    const series = this.#series(site);
    series.webSockets.add(1);
    series.webSocketsOpened.add(1);
  }

  /** Data messages since the last call; a WebSocket lives for days, so its end is too late to count them. */
  webSocketMessages(site: SiteLabels, fromClient: number, fromBackend: number): void {
    const { messages } = this.#series(site);
    messages.at('client').add(fromClient);
    messages.at('backend').add(fromBackend);
  }

  webSocketClosed(site: SiteLabels, outcome: WebSocketOutcome): void {
    const series = this.#series(site);
    series.webSockets.add(-1);
    series.webSocketsClosed.at(outcome.reason).add(1);
    series.webSocketDurations.observe(outcome.durationMs / 1000);
  }

  logLinesDropped(lines: number): void {
    this.#droppedLines.add(lines);
  }

  #series(site: SiteLabels): SiteSeries {
    return this.#sites.get(site) ?? this.#meet(site);
  }

  #meet(site: SiteLabels): SiteSeries {
    const labels = [site.namespace, site.kind, site.name, site.host];
    const key = JSON.stringify(labels);
    const series = this.#sitesByLabels.get(key) ?? new SiteSeries(this.#writer, labels);
    this.#sitesByLabels.set(key, series);
    this.#sites.set(site, series);
    return series;
  }
}

/**
 * Backends may answer with any number, and each label costs memory for good: what nobody knows is the x00 of its class
 * (RFC 9110, section 15), and what is no status code shares one label with "no response".
 */
function code(status: number): number | 'none' {
  if (status in STATUS_CODES) return status;
  return Number.isInteger(status) && status >= 100 && status <= 599 ? status - (status % 100) : 'none';
}

/** The series of one site, found once. */
class SiteSeries {
  readonly requests: Series;
  readonly durations: Series;
  readonly connects: Series;
  readonly firstBytes: Series;
  readonly requestBytes: Series;
  readonly responseBytes: Series;
  readonly affinities: Series;
  readonly full: Series;
  readonly admissions: Series;
  readonly secrets: Series;
  readonly limits: Series;
  readonly sessions: Series;
  readonly webSockets: Series;
  readonly webSocketsOpened: Series;
  readonly webSocketsClosed: Series;
  readonly messages: Series;
  readonly webSocketDurations: Series;

  constructor(writer: SeriesWriter, labels: readonly string[]) {
    this.requests = new Series(writer, 'requests_total', labels);
    this.durations = new Series(writer, 'request_duration_seconds', labels);
    this.connects = new Series(writer, 'upstream_connect_duration_seconds', labels);
    this.firstBytes = new Series(writer, 'upstream_first_byte_seconds', labels);
    this.requestBytes = new Series(writer, 'request_bytes_total', labels);
    this.responseBytes = new Series(writer, 'response_bytes_total', labels);
    this.affinities = new Series(writer, 'affinity_decisions_total', labels);
    this.full = new Series(writer, 'endpoints_full_total', labels);
    this.admissions = new Series(writer, 'admission_decisions_total', labels);
    this.secrets = new Series(writer, 'admission_secret_used_total', labels);
    this.sessions = new Series(writer, 'session_checks_total', labels);
    this.limits = new Series(writer, 'limit_decisions_total', labels);
    this.webSockets = new Series(writer, 'websocket_connections', labels);
    this.webSocketsOpened = new Series(writer, 'websocket_opened_total', labels);
    this.webSocketsClosed = new Series(writer, 'websocket_closed_total', labels);
    this.messages = new Series(writer, 'websocket_messages_total', labels);
    this.webSocketDurations = new Series(writer, 'websocket_duration_seconds', labels);
  }
}
