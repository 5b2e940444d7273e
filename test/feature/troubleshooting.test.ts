// The guide to trouble names each reason there is, under its status, and none that is none; and the three answers by
// which it tells whose a 403 is are those that come.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ACCEPTED_REASONS, PROGRAMMED_REASONS } from '../../src/api/status.ts';
import type { WebSocketCloseReason } from '../../src/observe/recorder.ts';
import { filesBelow } from '../architecture/walker.ts';
import type { ControllerProcess } from '../support/controller-process.ts';
import { shownAnswer } from '../support/guide.ts';
import { hostOf, site } from '../support/manifest-builders.ts';
import { exchangeRaw, HANDSHAKE, requestText } from '../support/raw-client.ts';
import { Scene } from '../support/scene.ts';
import { tablesOf, wordsOf } from '../support/tables.ts';

const ROOT = join(import.meta.dirname, '../..');
const guide = read('docs/troubleshooting.md');
const tables = tablesOf(guide);

function read(page: string): string {
  return readFileSync(join(ROOT, page), 'utf8');
}

/** The first words of all rows of the tables with that first column. */
function firstWords(column: string): readonly string[] {
  return tables
    .filter(({ header }) => header[0] === column)
    .flatMap(({ rows }) => rows.flatMap(([cell]) => wordsOf(cell).slice(0, 1)));
}

describe('reasons', () => {
  const answers = tablesOf(read('docs/reference/answers.md')).flatMap(({ rows }) => rows);
  const known = answers.map(([status, reason]) => `${status} ${wordsOf(reason)[0]}`);

  test('all of them are there, under their status', () => {
    const named = tables
      .filter(({ header }) => header[0] === 'Reason')
      .flatMap(({ section, header, rows }) =>
        rows.map((row) => {
          const status = header[1] === 'Status' ? row[1] : /^\d{3}/u.exec(section)?.[0];
          return `${status} ${wordsOf(row[0])[0]}`;
        }),
      );
    // Those that no client sees are told by the log.
    const [shown, hidden] = [
      known.filter((each) => !each.startsWith('-')),
      known.filter((each) => each.startsWith('-')),
    ];
    expect(named.toSorted()).toEqual(shown.toSorted());
    expect(hidden).not.toEqual([]);
    expect(hidden.filter((each) => !guide.includes(`\`${each.slice(2)}\``))).toEqual([]);
  });

  test('what ends a WebSocket is there, whole', () => {
    const reasons: Readonly<Record<WebSocketCloseReason, true>> = {
      'client-closed': true,
      'client-lost': true,
      'backend-closed': true,
      'backend-lost': true,
      idle: true,
      shutdown: true,
      'endpoint-draining': true,
      'endpoint-removed': true,
      'site-removed': true,
      'policy-changed': true,
      'max-duration': true,
    };
    expect(firstWords('Closed by').toSorted()).toEqual(Object.keys(reasons).toSorted());
  });

  test.each([
    ['REASON of ACCEPTED', ACCEPTED_REASONS],
    ['REASON of PROGRAMMED', PROGRAMMED_REASONS],
  ])('%s is there, whole', (column, reasons) => {
    expect(firstWords(column).toSorted()).toEqual(Object.keys(reasons).toSorted());
  });
});

test('every metric that a page names exists', () => {
  const known = new Set(
    [...read('docs/reference/metrics.md').matchAll(/^## `(\w+)`/gmu)].map(([, name = '']) => name),
  );
  const unknown = filesBelow(ROOT, 'docs', '.md').flatMap((page) =>
    [...read(page).matchAll(/\bmattermost_ingress_[a-z_]+[a-z]/gu)]
      .map(([name]) => name.replace(/_(?:bucket|count|sum)$/u, ''))
      .filter((name) => !known.has(name))
      .map((name) => `${page}: ${name}`),
  );
  expect(known.size).toBeGreaterThan(10);
  expect(unknown).toEqual([]);
});

describe('whose 403 it is', () => {
  const scene = new Scene();
  let controller: ControllerProcess;

  beforeAll(async () => {
    const node = await scene.node('node', { siteUrl: 'https://chat.example.com' });
    const places = [{ name: 'node', port: node.port }];
    const byLook = { name: 'look', request: 'WebSocket', bearerToken: true, action: 'Allow' };
    controller = await scene.controller({
      objects: [
        ...site('closed', places, { admission: { defaultAction: 'Deny' } }),
        ...site('open', places),
        ...site('look', places, { admission: { rules: [byLook], defaultAction: 'Deny' } }),
      ],
    });
  });
  afterAll(() => scene.end());

  test.each([
    [0, 'closed', 'admission'],
    [1, 'open', undefined],
    [2, 'look', 'upgrade-not-accepted'],
  ])('answer %i of the guide', async (at, name, reason) => {
    const requestId = `whose-${name}`;
    const fields = {
      ...HANDSHAKE,
      Origin: 'https://evil.example',
      Authorization: `Bearer ${'a'.repeat(26)}`,
      'X-Request-ID': requestId,
    };
    const { text } = await exchangeRaw(
      controller.raw(),
      requestText('GET /api/v4/websocket', hostOf(name), fields),
    );
    expect(text).toMatch(shownAnswer(guide, at));
    const line = await controller.logged({ requestId });
    expect([line['reason'], line['endpoint'] !== undefined]).toEqual([reason, name !== 'closed']);
  });
});
