// Answers of our own: status, fields and body of every cause; what clients of Mattermost rely on; what never shows.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { RejectReason } from '../model/decision.ts';
import { BACKEND_FAULTS, CLIENT_FAULTS, PROXY_FAULTS } from '../model/fault.ts';
import { type Answer, type AnswerContext, answerFor, type Cause } from './response.ts';
import { admission } from './test-objects.ts';

const CONTEXT: AnswerContext = { path: '/', sitePath: '/', admission: undefined, requestId: 'id-1' };
const API: AnswerContext = { ...CONTEXT, path: '/api/v4/users' };

/** Status, and `close` where the connection ends. */
const STATUSES: Readonly<Record<Cause, string>> = {
  'request-malformed': '400 close',
  'request-line-too-long': '414 close',
  'request-head-too-large': '431 close',
  'request-body-too-large': '413 close',
  'request-timeout': '408 close',
  'body-timeout': '408 close',
  'body-malformed': '400 close',
  'method-unknown': '501 close',
  'method-refused': '405 close',
  'version-unsupported': '505 close',
  'transfer-coding-unknown': '501 close',
  'expectation-failed': '417 close',
  'websocket-version': '426 close',
  'client-closed': '499 close',
  'slow-reader': '499 close',
  'connect-refused': '502',
  'connect-timeout': '504',
  'connect-failed': '502',
  'connect-limit': '503',
  'source-unavailable': '503',
  'tls-failed': '502',
  'closed-before-response': '502',
  'response-malformed': '502',
  'response-truncated': '502',
  'response-timeout': '504',
  'upgrade-invalid': '502',
  'no-endpoints': '503',
  'endpoints-full': '503',
  internal: '500 close',
  'loop-detected': '508 close',
  'path-ambiguous': '400 close',
  'unknown-host': '404',
  'unknown-path': '404',
  'plain-http': '404',
  'policy-invalid': '503',
  'policy-missing': '503',
  'host-conflicted': '503',
  'restriction-unsupported': '503',
  'host-unclaimed': '503',
  misdirected: '421 close',
  'tls-version': '421 close',
  'client-certificate': '403 close',
  'too-many-requests': '429',
  'too-many-connections': '429 close',
  'too-many-websockets': '429 close',
  'body-too-large': '413 close',
  admission: '403',
  'upgrade-not-accepted': '403 close',
};
const CAUSES = Object.keys(STATUSES).filter((name): name is Cause => name in STATUSES);

/** The values of a field, its name spelt just so. */
function valuesOf({ fields }: Answer, name: string): readonly string[] {
  return fields.filter((_, at) => at % 2 === 1 && fields[at - 1] === name);
}

function namesOf({ fields }: Answer): readonly string[] {
  return fields.filter((_, at) => at % 2 === 0);
}

describe('every cause', () => {
  test.each(CAUSES)('%s has its status', (cause) => {
    const { status, close } = answerFor(cause, CONTEXT);
    expect(`${status}${close ? ' close' : ''}`).toBe(STATUSES[cause]);
  });

  test('is one of the closed lists', () => {
    const reasons: Readonly<Record<RejectReason, true>> = {
      'loop-detected': true,
      'path-ambiguous': true,
      'unknown-host': true,
      'unknown-path': true,
      'plain-http': true,
      'policy-invalid': true,
      'policy-missing': true,
      'host-conflicted': true,
      'restriction-unsupported': true,
      'host-unclaimed': true,
      misdirected: true,
      'tls-version': true,
      'client-certificate': true,
      'too-many-requests': true,
      'too-many-connections': true,
      'too-many-websockets': true,
      'body-too-large': true,
      admission: true,
      'upgrade-not-accepted': true,
      'no-endpoints': true,
    };
    const all = new Set([...CLIENT_FAULTS, ...BACKEND_FAULTS, ...PROXY_FAULTS, ...Object.keys(reasons)]);
    expect(CAUSES.toSorted()).toEqual([...all].toSorted());
  });

  test.each(CAUSES)('%s is not cached, names the request, and is no 401', (cause) => {
    for (const context of [CONTEXT, API, { ...API, path: undefined }]) {
      const answer = answerFor(cause, context);
      expect(answer.status).not.toBe(401);
      expect(valuesOf(answer, 'Cache-Control')).toEqual(['no-store']);
      expect(valuesOf(answer, 'X-Request-ID')).toEqual(['id-1']);
    }
  });

  test.each(CAUSES)('%s says when to come back, if 429 or 503', (cause) => {
    const answer = answerFor(cause, CONTEXT);
    const seconds = valuesOf(answer, 'Retry-After').map(Number);
    expect(seconds.length).toBe([429, 503].includes(answer.status) ? 1 : 0);
    expect(seconds.every((value) => Number.isInteger(value) && value > 0)).toBe(true);
  });
});

describe('below /api/ errors have the form of Mattermost', () => {
  test.each(CAUSES.filter((cause) => cause !== 'upgrade-not-accepted'))('%s', (cause) => {
    const answer = answerFor(cause, API);
    const body: unknown = JSON.parse(answer.body);
    expect(valuesOf(answer, 'Content-Type')).toEqual(['application/json']);
    expect(body).toEqual({
      id: `ingress.${cause.replaceAll('-', '_')}`,
      message: expect.stringMatching(/^[A-Z].*[^.]$/),
      status_code: answer.status,
      detailed_error: '',
      request_id: 'id-1',
    });
  });

  test.each([
    ['/api/v4/users', '/', true],
    ['/api/', '/', true],
    ['/api', '/', false],
    ['/apis/x', '/', false],
    ['/', '/', false],
    ['/x/api/v4', '/', false],
    ['/API/v4', '/', false],
    ['/chat/api/v4/users', '/chat', true],
    ['/api/v4/users', '/chat', false],
    ['/chatapi/v4', '/chat', false],
    ['/chat/api/v4/users', '/', false],
    [undefined, '/', false],
  ])('%s in site %s: %s', (path, sitePath, isApi) => {
    const answer = answerFor('no-endpoints', { ...CONTEXT, path, sitePath });
    expect(valuesOf(answer, 'Content-Type')).toEqual([
      isApi ? 'application/json' : 'text/plain; charset=utf-8',
    ]);
    expect(valuesOf(answer, 'X-Content-Type-Options')).toEqual(isApi ? [] : ['nosniff']);
  });

  test('elsewhere one line of text', () => {
    expect(answerFor('unknown-host', CONTEXT).body).toBe(
      '404 No site of that name is served here (unknown-host)\n',
    );
  });
});

describe('a denied request', () => {
  const preAuth = admission([], { rejectReason: 'PreAuth' });

  test('gets what the apps of Mattermost ask for the secret at, in lower case', () => {
    expect(answerFor('admission', { ...API, admission: preAuth })).toEqual({
      status: 403,
      fields: [
        'Cache-Control: no-store',
        'X-Request-ID: id-1',
        'x-reject-reason: pre-auth',
        'Content-Type: application/json',
      ].flatMap((line) => line.split(': ')),
      body: JSON.stringify({
        id: 'ingress.admission',
        message: 'Forbidden',
        status_code: 403,
        detailed_error: '',
        request_id: 'id-1',
      }),
      close: false,
    });
  });

  test.each(['/', '/api/v4/system/ping', '/static/x'])('wherever: %s', (path) => {
    const answer = answerFor('admission', { ...CONTEXT, path, admission: preAuth });
    expect(valuesOf(answer, 'x-reject-reason')).toEqual(['pre-auth']);
  });

  test('gets none where the policy says None', () => {
    const answer = answerFor('admission', { ...API, admission: admission([]) });
    expect(namesOf(answer).map((name) => name.toLowerCase())).not.toContain('x-reject-reason');
  });

  test.each(CAUSES.filter((cause) => cause !== 'admission'))('is not the same as %s', (cause) => {
    const answer = answerFor(cause, { ...API, admission: { ...preAuth, denyStatus: 404 } });
    expect(namesOf(answer).map((name) => name.toLowerCase())).not.toContain('x-reject-reason');
    expect(answer.status).toBe(answerFor(cause, API).status);
  });

  test.each([
    [403, []],
    [404, []],
    [429, ['60']],
  ] as const)('with status %i', (denyStatus, retryAfter) => {
    const answer = answerFor('admission', { ...API, admission: admission([], { denyStatus }) });
    expect(answer.status).toBe(denyStatus);
    expect(valuesOf(answer, 'Retry-After')).toEqual(retryAfter);
    expect(JSON.parse(answer.body)).toMatchObject({ status_code: denyStatus });
  });
});

describe('single answers', () => {
  test('an upgrade that the backend did not confirm is refused without a word', () => {
    for (const context of [CONTEXT, API]) {
      const preAuth = admission([], { rejectReason: 'PreAuth' });
      const answer = answerFor('upgrade-not-accepted', { ...context, admission: preAuth });
      expect(answer).toEqual({
        status: 403,
        fields: ['Cache-Control', 'no-store', 'X-Request-ID', 'id-1'],
        body: '',
        close: true,
      });
    }
  });

  test('426 says which version is meant (row U3)', () => {
    expect(valuesOf(answerFor('websocket-version', API), 'Sec-WebSocket-Version')).toEqual(['13']);
  });

  test('405 says which methods are served', () => {
    const allowed = valuesOf(answerFor('method-refused', API), 'Allow');
    expect(allowed).toEqual(['GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS']);
  });
});

test('nothing of a path shows in an answer', () => {
  const anyPath = fc.string({ minLength: 1 }).map((text) => `/api/<${text}>`);
  fc.assert(
    fc.property(anyPath, anyPath, fc.constantFrom(...CAUSES), (path, other, cause) => {
      const sitePath = '/';
      expect(answerFor(cause, { ...CONTEXT, path, sitePath })).toEqual(
        answerFor(cause, { ...CONTEXT, path: other, sitePath }),
      );
    }),
  );
});
