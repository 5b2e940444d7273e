// What is read of HTTP/1 messages: just what the grammar of the reference reads, whichever way the bytes are cut, and the
// same again when it is written down. FUZZ_RUNS asks for more runs, FUZZ_SEED for those of a failure that was reported.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { BodyFraming } from '../../src/model/request.ts';
import { requestHeadText, responseHeadText } from '../../src/wire/http1-writer.ts';
import { cutBy, pieceLengths, singleBytes } from '../support/cuts.ts';
import { proxyV1, proxyV2, tlv } from '../support/proxy-headers.ts';
import { CHUNKS, nearly, neighbours, ODD_BYTES, REQUESTS, RESPONSES } from './messages.ts';
import { followFrames, readBody, readProxyHeader, readRequest, readResponse } from './readers.ts';
import {
  type ReferenceFraming,
  referenceChunks,
  referenceRequest,
  referenceResponse,
} from './reference-messages.ts';

const RUNS = Number(process.env['FUZZ_RUNS'] ?? 1500) * 3;
const SEED = process.env['FUZZ_SEED'];
const TIMEOUT_MS = Math.max(30_000, RUNS * 10);
const PARAMETERS = { numRuns: RUNS, ...(SEED === undefined ? {} : { seed: Number(SEED) }) };
const METHODS = ['GET', 'HEAD', 'POST'] as const;
const CHUNKED: BodyFraming = { kind: 'chunked' };

const bytesOf = (text: string) => Buffer.from(text, 'latin1');
const anyBytes = fc
  .uint8Array({ maxLength: 200, size: 'max' })
  .map((bytes) => Buffer.from(bytes).toString('latin1'));

function check<Values extends [unknown, ...unknown[]]>(
  arbitraries: { [Key in keyof Values]: fc.Arbitrary<Values[Key]> },
  judge: (...values: Values) => void,
): void {
  fc.assert(fc.property(...arbitraries, judge), PARAMETERS);
}

function framingOf(framing: BodyFraming): ReferenceFraming {
  if (framing.kind === 'length') return framing.bytes;
  return framing.kind === 'none' ? 0 : framing.kind;
}

/** A text holds one head: a first line and the lines up to the first empty one. */
function headsOf(text: string): string {
  const end = text.indexOf('\r\n\r\n', text.startsWith('\r\n') ? 2 : 0);
  return end === -1 ? text : text.slice(0, end + 4);
}

function expectSameRequest(text: string): boolean {
  const { head } = readRequest([bytesOf(text)]);
  const reference = referenceRequest(headsOf(text));
  const read = head && {
    method: head.method,
    target: head.target,
    fields: head.fields,
    framing: framingOf(head.framing),
    isWebSocket: head.upgrade.kind === 'websocket',
    nominated: head.nominated,
  };
  expect(read, text).toEqual(reference);
  return head !== undefined;
}

function expectSameResponse(text: string, method: string): boolean {
  const { head } = readResponse([bytesOf(text)], method);
  const read = head && { status: head.status, fields: head.fields, framing: framingOf(head.framing) };
  expect(read, text).toEqual(referenceResponse(headsOf(text), method));
  return head !== undefined;
}

function expectSameChunks(text: string): boolean {
  const { head, state, rest } = readBody([bytesOf(text)], CHUNKED);
  expect(state === 'whole' ? { content: head, rest } : undefined, text).toEqual(referenceChunks(text));
  return state === 'whole';
}

describe('what is read is what the reference reads', { timeout: TIMEOUT_MS }, () => {
  const kinds = [
    { name: 'requests', texts: REQUESTS, isRead: expectSameRequest },
    { name: 'responses', texts: RESPONSES, isRead: (text: string) => expectSameResponse(text, 'GET') },
    {
      name: 'responses to HEAD',
      texts: RESPONSES,
      isRead: (text: string) => expectSameResponse(text, 'HEAD'),
    },
    { name: 'chunks', texts: CHUNKS, isRead: expectSameChunks },
  ];

  test.each(kinds)('$name with some changes', ({ texts, isRead }) => {
    let whole = 0;
    check([nearly(texts)], (text) => void (whole += isRead(text) ? 1 : 0));
    expect(whole).toBeGreaterThan(RUNS / 10);
    expect(whole).toBeLessThan(RUNS * 0.9);
  });

  test.each(kinds)('$name with one odd byte in any place', ({ texts, isRead }) => {
    let whole = 0;
    let all = 0;
    for (const text of texts) {
      for (const neighbour of neighbours(text, ODD_BYTES)) {
        all++;
        if (isRead(neighbour)) whole++;
      }
    }
    expect(whole).toBeGreaterThan(all / 100);
    expect(whole).toBeLessThan(all * 0.9);
  });
});

test('a chunk has at most 13 digits that count, and 16 in all', { timeout: TIMEOUT_MS }, () => {
  const digits = fc.array(fc.constantFrom('0', '0', '0', '1', '8', 'f', 'F'), {
    minLength: 1,
    maxLength: 18,
    size: 'max',
  });
  check([digits], (drawn) => {
    const text = drawn.join('');
    const { state } = readBody([bytesOf(`${text}\r\n`)], CHUNKED);
    const isSize = text.length <= 16 && BigInt(`0x${text}`) < 2n ** 52n;
    expect(state, text).toBe(isSize ? 'incomplete' : 'malformed');
  });
});

describe('nothing throws, and no cut changes anything', { timeout: TIMEOUT_MS }, () => {
  /** Whole, by single bytes, and as given. */
  function expectInvariant(
    text: string,
    lengths: readonly number[],
    read: (pieces: readonly Buffer[]) => object,
  ): void {
    const bytes = bytesOf(text);
    const whole = read([bytes]);
    expect(read(cutBy(bytes, lengths))).toEqual(whole);
    expect(read(singleBytes(bytes))).toEqual(whole);
  }

  const several = (texts: readonly string[]) =>
    fc.oneof(
      anyBytes,
      fc.array(nearly(texts), { minLength: 1, maxLength: 3 }).map((all) => all.join('')),
    );

  test('requests', () => {
    check([several(REQUESTS), pieceLengths], (text, lengths) => expectInvariant(text, lengths, readRequest));
  });

  test('responses', () => {
    check([several(RESPONSES), pieceLengths, fc.constantFrom(...METHODS)], (text, lengths, method) =>
      expectInvariant(text, lengths, (pieces) => readResponse(pieces, method)),
    );
  });

  const framings = fc.oneof(
    fc.constant(CHUNKED),
    fc.nat({ max: 60 }).map((bytes): BodyFraming => ({ kind: 'length', bytes })),
    fc.constantFrom<BodyFraming>({ kind: 'none' }, { kind: 'close' }),
  );
  test('bodies', () => {
    check([several(CHUNKS), pieceLengths, framings], (text, lengths, framing) =>
      expectInvariant(text, lengths, (pieces) => readBody(pieces, framing)),
    );
  });

  const CONNECTION = { source: '1.2.3.4', destination: '5.6.7.8', sourcePort: 1, destinationPort: 2 };
  const proxyHeaders = [
    proxyV1('PROXY TCP4 1.2.3.4 5.6.7.8 1 2'),
    proxyV1('PROXY TCP6 2001:db8::1 ::1 65535 80'),
    proxyV1('PROXY UNKNOWN x'),
    proxyV2(CONNECTION, { tail: tlv(1, 'h2') }),
    proxyV2({ ...CONNECTION, source: '::1', destination: '::2' }),
    proxyV2(CONNECTION, { command: 0x20 }),
  ].map((header) => `${header.toString('latin1')}GET / HTTP/1.1\r\n`);
  test('PROXY headers', () => {
    check([several(proxyHeaders), pieceLengths], (text, lengths) =>
      expectInvariant(text, lengths, readProxyHeader),
    );
  });

  const frames = [
    '\x81\x85\x01\x02\x03\x04hello',
    '\x01\x02hi',
    '\x80\x03abc',
    '\x88\x82\x01\x02\x03\x04xx',
    '\x89\x00',
  ];
  test('frames', () => {
    check(
      [several(frames), pieceLengths, fc.constantFrom('client', 'backend'), fc.boolean()],
      (text, lengths, sender, hasExtensions) =>
        expectInvariant(text, lengths, (pieces) => followFrames(pieces, sender, hasExtensions)),
    );
  });
});

describe('what was read and is written again is read as the same', { timeout: TIMEOUT_MS }, () => {
  const isWritten = (name: string) => !['content-length', 'transfer-encoding', 'connection'].includes(name);

  function fieldsFor(head: {
    readonly fields: readonly string[];
    readonly names: readonly string[];
  }): string[] {
    return head.fields.filter((_, at) => isWritten(head.names[at >> 1] ?? ''));
  }

  test('requests', () => {
    let whole = 0;
    check([nearly(REQUESTS)], (text) => {
      const { head } = readRequest([bytesOf(text)]);
      if (head === undefined || head.upgrade.kind === 'websocket' || head.version === '1.0') return;
      whole++;
      const again = readRequest([bytesOf(requestHeadText(head, fieldsFor(head), head.framing))]);
      const { method, target, path, host, hostname, framing, expectContinue } = head;
      expect(again.head).toMatchObject({ method, target, path, host, hostname, framing, expectContinue });
      expect(fieldsFor(again.head ?? { fields: [], names: [] })).toEqual(fieldsFor(head));
      expect(again.rest).toBe('');
    });
    expect(whole).toBeGreaterThan(RUNS / 20);
  });

  test('responses', () => {
    let whole = 0;
    check([nearly(RESPONSES), fc.constantFrom(...METHODS)], (text, method) => {
      const { head } = readResponse([bytesOf(text)], method);
      if (head === undefined) return;
      whole++;
      const written = responseHeadText(head.status, fieldsFor(head), head.framing, undefined);
      const again = readResponse([bytesOf(written)], method);
      expect(again.head).toMatchObject({ status: head.status, framing: head.framing });
      expect(fieldsFor(again.head ?? { fields: [], names: [] })).toEqual(fieldsFor(head));
    });
    expect(whole).toBeGreaterThan(RUNS / 20);
  });
});
