// A running data plane under attack: one policy at a time, in front of a backend that answers as each attack says.
import { expect } from 'vitest';
import { DIGEST_KEY } from '../../src/decide/test-objects.ts';
import { objectSet, policy, secret, service, SETTINGS, slice } from '../../src/translate/test-objects.ts';
import { EMPTY_MEMORY, translate } from '../../src/translate/translate.ts';
import type { Configuration } from '../../src/model/configuration.ts';
import { TestPlane } from '../support/data-plane.ts';
import type { Message } from '../support/messages.ts';
import { type BackendConnection, RecordingBackend } from '../support/recording-backend.ts';
import { until } from '../support/wire-client.ts';
import { switching } from '../wire/tunnels.ts';
import type { Asked } from './reference.ts';
import { SECRETS, TRUSTED } from './words.ts';

/** What the backend says to one request. `switch` is a proper 101 where a handshake comes, else a page. */
export type BackendWord =
  | 'page'
  | 'switch'
  | 'hinted-page'
  | 'bad-switch'
  | 'redirect'
  | 'chunks'
  | 'nothing';

export const BACKEND_WORDS: readonly BackendWord[] = [
  'page',
  'page',
  'switch',
  'switch',
  'switch',
  'hinted-page',
  'bad-switch',
  'redirect',
  'chunks',
  'nothing',
];

/** Stands in whatever the backend says, and nowhere else. */
export const BACKEND_MARK = 'said-by-the-backend';

export type Attack = {
  readonly asked: Asked;
  /** Of this run, by its number; 0 when it is made. */
  readonly number: number;
  readonly word: BackendWord;
};

const PAGE = `HTTP/1.1 200 OK\r\nContent-Length: ${BACKEND_MARK.length}\r\n\r\n${BACKEND_MARK}`;
const WORDS: Readonly<Record<BackendWord, (head: string) => string>> = {
  page: () => PAGE,
  switch: (head) =>
    /^Upgrade: websocket$/m.test(head) ? switching(head, [`X-Mark: ${BACKEND_MARK}`]) : PAGE,
  'hinted-page': () => `HTTP/1.1 103 Early Hints\r\nLink: </${BACKEND_MARK}>\r\n\r\n${PAGE}`,
  'bad-switch': (head) => switching(head, [`X-Mark: ${BACKEND_MARK}`]).replace(/Accept: ./, 'Accept: _'),
  redirect: () => `HTTP/1.1 302 Found\r\nLocation: /${BACKEND_MARK}\r\nContent-Length: 0\r\n\r\n`,
  chunks: () => `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n13\r\n${BACKEND_MARK}\r\n0\r\n\r\n`,
  nothing: () => '',
};

export class AttackedPlane {
  readonly plane: TestPlane;
  readonly backend: RecordingBackend;
  /** By number. */
  attacks: readonly Attack[] = [];

  private constructor(plane: TestPlane, backend: RecordingBackend) {
    this.plane = plane;
    this.backend = backend;
    backend.script = (connection, request) => this.#answer(connection, request);
  }

  static async start(): Promise<AttackedPlane> {
    const backend = await RecordingBackend.start();
    const plane = await TestPlane.start(configurationOf({}, backend.port), {
      https: true,
      proxyProtocolFrom: ['127.0.0.0/8'],
      trustedProxies: TRUSTED,
    });
    return new AttackedPlane(plane, backend);
  }

  /** Serves this policy from here on; nothing of another one is left. */
  apply(spec: object, attacks: readonly Attack[]): void {
    this.backend.forget();
    this.attacks = attacks;
    this.plane.apply(configurationOf(spec, this.backend.port));
  }

  #answer(connection: BackendConnection, request: Message): void {
    const attack = this.attacks[numberOf(request) ?? -1];
    if (attack === undefined) throw new Error(`A request of no attack: ${request.head}`);
    const bytes = WORDS[attack.word](request.head);
    if (bytes === '') connection.socket.destroy();
    else connection.send(bytes);
  }

  /** What reached the backend of one attack; its bytes are nowhere else. */
  arrivalsOf({ number }: Attack): readonly Message[] {
    return this.backend.requests.filter((request) => numberOf(request) === number);
  }

  /** Nothing but whole requests with a number came. */
  expectWhole(): void {
    expect(this.backend.errors).toEqual([]);
    expect(this.backend.connections.map(({ rest }) => rest).join('')).toBe('');
  }

  async end(): Promise<void> {
    this.backend.forget();
    await until(
      () => this.plane.load === 0,
      () => `the load ${this.plane.load} to go`,
    );
    await this.backend.stop();
    await this.plane.close();
  }
}

function numberOf({ head }: Message): number | undefined {
  const digits = /^attack: (\d+)$/im.exec(head)?.[1];
  return digits === undefined ? undefined : Number(digits);
}

export function configurationOf(spec: object, port: number): Configuration {
  const endpoint = { addresses: ['127.0.0.1'], conditions: { ready: true }, targetUid: 'uid-1' };
  const objects = objectSet(
    policy('chat/it', spec),
    service('chat/mattermost'),
    slice('chat/one', [endpoint], { ports: [{ name: 'http', port }] }),
    ...Object.entries(SECRETS).map(([name, texts]) => secret(`chat/${name}`, texts)),
  );
  return translate(objects, { ...SETTINGS, secretDigestKey: DIGEST_KEY }, EMPTY_MEMORY).configuration;
}
