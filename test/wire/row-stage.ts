// Where rows of requests are played: a real data plane before a backend that records every byte, and what must have
// reached that backend.
import { expect } from 'vitest';
import { backend, endpoint } from '../../src/decide/test-objects.ts';
import type { Site } from '../../src/model/configuration.ts';
import { configuration, type PlaneOptions, REQUEST_ID, TestPlane } from '../support/data-plane.ts';
import { answer, RecordingBackend, type Script } from '../support/recording-backend.ts';
import { until } from '../support/wire-client.ts';
import { type ForwardedRequest, get } from './rows.ts';
import { switching } from './tunnels.ts';

/** A request that must be answered once, or never reach the backend. */
export const CANARY = get('Canary: 1');
export const CANARY_UPSTREAM: ForwardedRequest = { line: 'GET /', fields: ['Host: a', 'Canary: 1'] };

/** HEAD and its like have no body; an answer without one serves all methods alike. */
const answerAll: Script = (connection, request) => {
  const isHandshake = /^Upgrade: websocket$/m.test(request.head);
  connection.send(isHandshake ? switching(request.head) : answer(''));
};

export class RowStage {
  readonly recorder: RecordingBackend;
  readonly plane: TestPlane;

  private constructor(recorder: RecordingBackend, plane: TestPlane) {
    this.recorder = recorder;
    this.plane = plane;
  }

  static async start(sites: readonly Site[], options: PlaneOptions = {}): Promise<RowStage> {
    const recorder = await RecordingBackend.start(answerAll);
    const endpoints = [endpoint('node', { address: '127.0.0.1', port: recorder.port })];
    return new RowStage(recorder, await TestPlane.start(configuration(sites, [backend(endpoints)]), options));
  }

  /** The head as the backend must have received it. */
  #headOf(request: ForwardedRequest): string {
    const { line, fields, framing, host = 'a', version = '1.1', address = '127.0.0.1' } = request;
    const ours = [
      `X-Forwarded-For: ${address}`,
      `X-Real-IP: ${address}`,
      `X-Forwarded-Proto: ${request.scheme ?? 'http'}`,
      `X-Forwarded-Host: ${host}`,
      `X-Forwarded-Port: ${request.port ?? this.plane.httpPort}`,
      `X-Request-ID: ${request.requestId ?? REQUEST_ID}`,
      `Via: ${request.via === undefined ? '' : `${request.via}, `}${version} mattermost-ingress`,
    ];
    const upgrade = request.isHandshake === true ? ['Connection: Upgrade', 'Upgrade: websocket'] : [];
    return [
      `${line} HTTP/1.1`,
      ...fields,
      ...ours,
      ...upgrade,
      ...(framing === undefined ? [] : [framing]),
    ].join('\r\n');
  }

  /** Just what `connections` connections that each sent these requests must have led to reached the backend. */
  expectUpstream(requests: readonly ForwardedRequest[], connections: number): void {
    const { recorder } = this;
    expect(recorder.errors).toEqual([]);
    const wanted = requests.map((request) => ({ head: this.#headOf(request), body: request.body ?? '' }));
    const seen = recorder.requests.map(({ head, body }) => ({ head, body: body.toString('latin1') }));
    const sorted = (list: readonly object[]) => list.map((each) => JSON.stringify(each)).sort();
    expect(sorted(seen)).toEqual(sorted(Array.from({ length: connections }, () => wanted).flat()));
    if (connections === 1) expect(seen).toEqual(wanted);
    expect(recorder.connections.map(({ rest }) => rest).join('')).toBe('');
  }

  /** Whatever reached the backend was no complete request, and was broken off. */
  async expectBroken(): Promise<void> {
    const { recorder } = this;
    expect(recorder.errors).toEqual([]);
    expect(recorder.requests).toEqual([]);
    await until(
      () => recorder.connections.every(({ ending }) => ending !== undefined),
      () => 'the end of a broken request at the backend',
    );
  }

  /** Rejects when something is charged to an endpoint for ever. */
  async end(): Promise<void> {
    this.recorder.forget();
    await until(
      () => this.plane.load === 0,
      () => `the load ${this.plane.load} to go`,
    );
    await this.recorder.stop();
    await this.plane.close();
  }
}
