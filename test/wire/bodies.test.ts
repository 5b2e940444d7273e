// Bodies of requests on their way: rows B9, B10, R6, R11 and Q6.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { admission, OPEN_TO_ALL, rule } from '../../src/decide/test-objects.ts';
import { splitAnswers } from '../support/messages.ts';
import { answer } from '../support/recording-backend.ts';
import { turns, until, type WireClient } from '../support/wire-client.ts';
import { get, post } from './rows.ts';
import { WireScene } from './scene.ts';

const CHUNKED = 'Transfer-Encoding: chunked';
const EXPECT = 'Expect: 100-continue';

let scene: WireScene;

beforeAll(async () => {
  const putIsDenied = rule('no-put', { action: 'Deny', methods: ['PUT'] });
  scene = await WireScene.start({
    site: {
      requestBodyMaxBytes: 1_000_000,
      admission: admission([putIsDenied], { ...OPEN_TO_ALL, rules: [putIsDenied] }),
    },
  });
});
beforeEach(() => scene.reset());
afterAll(() => scene.end());

function statuses(client: WireClient): readonly number[] {
  return splitAnswers(client.bytes).statuses;
}

async function seenUpstream(text: string): Promise<void> {
  await until(
    () => scene.backend.text.includes(text),
    () => `${JSON.stringify(text)} at the backend; it has ${JSON.stringify(scene.backend.text.slice(-300))}`,
  );
}

describe('B9 a client that goes in the middle of its body', () => {
  const bodies = [
    { name: 'of a length', sent: `${post('Content-Length: 10')}hello` },
    { name: 'of chunks', sent: `${post(CHUNKED)}5\r\nhello\r\n` },
    { name: 'in the middle of a chunk', sent: `${post(CHUNKED)}a\r\nhello` },
  ];

  test.each(bodies)('$name, by ending', async ({ sent }) => {
    const client = await scene.client();
    client.send(sent);
    await seenUpstream('hello');
    await client.end();
    await expectBrokenOff(client);
  });

  test.each(bodies)('$name, by a reset', async ({ sent }) => {
    const client = await scene.client();
    client.send(sent);
    await seenUpstream('hello');
    client.socket.resetAndDestroy();
    await expectBrokenOff(client);
  });

  async function expectBrokenOff(client: WireClient): Promise<void> {
    await scene.upstreamEnd();
    expect(scene.backend.requests).toEqual([]);
    expect(scene.backend.text).not.toMatch(/0\r\n\r\n$/);
    expect(client.text).toBe('');
    await scene.idle();
    expect(scene.plane.records).toMatchObject([{ reason: 'client-closed', requestBytes: 5 }]);
  }

  test('is not noticed by a client that says early that it sends no more', async () => {
    const client = await scene.client();
    client.send(`${post('Content-Length: 2')}hi`);
    expect(await client.end()).toBe('fin');
    expect(statuses(client)).toEqual([200]);
  });
});

describe('B10 Expect: 100-continue', () => {
  test.each([
    { name: 'a length', fields: ['Content-Length: 2'], body: 'hi' },
    { name: 'chunks', fields: [CHUNKED], body: '2\r\nhi\r\n0\r\n\r\n' },
  ])('is answered here, once, and not passed on with $name', async ({ fields, body }) => {
    scene.backend.script = (connection) => connection.send(`HTTP/1.1 100 Continue\r\n\r\n${answer('ok')}`);
    const client = await scene.client();
    client.send(post(EXPECT, ...fields));
    expect(await client.until((text) => text.endsWith('\r\n\r\n'))).toBe('HTTP/1.1 100 Continue\r\n\r\n');
    client.send(body);
    await client.until((text) => text.endsWith('ok'));
    expect(statuses(client)).toEqual([100, 200]);
    expect(scene.backend.requests.map((request) => request.body.toString())).toEqual(['hi']);
    expect(scene.backend.text.toLowerCase()).not.toContain('expect');
  });

  test('of a client that does not wait', async () => {
    const client = await scene.client();
    client.send(`${post(EXPECT, 'Content-Length: 2')}hi`);
    await client.until((text) => text.endsWith('ok'));
    expect(statuses(client).at(-1)).toBe(200);
    expect(scene.backend.requests.map((request) => request.body.toString())).toEqual(['hi']);
  });

  test.each([
    { name: 'who is denied', head: post(EXPECT, 'Content-Length: 2').replace('POST', 'PUT'), status: 403 },
    { name: 'whose body is too large', head: post(EXPECT, 'Content-Length: 1000001'), status: 413 },
    {
      name: 'of another host',
      head: post(EXPECT, 'Content-Length: 2').replace('Host: a', 'Host: b'),
      status: 404,
    },
  ])('gets the last word and the end: one $name', async ({ head, status }) => {
    const client = await scene.client();
    client.send(head);
    expect(await client.ended()).toBe('fin');
    expect(statuses(client)).toEqual([status]);
    expect(client.text).toMatch(/^Connection: close\r$/m);
    expect(scene.backend.connections).toEqual([]);
  });
});

describe('R6 an answer before the end of the request', () => {
  /** Answers when it has seen the head, whatever comes behind. */
  function answerEarly(bytes = answer('early')): void {
    let seen = '';
    scene.backend.intercept = (connection, chunk) => {
      const before = seen;
      seen += chunk.toString('latin1');
      if (!before.includes('\r\n\r\n') && seen.includes('\r\n\r\n')) connection.send(bytes);
    };
  }

  test.each([
    { name: 'a length', head: post('Content-Length: 1000'), rest: 'x'.repeat(998) },
    { name: 'chunks', head: post(CHUNKED), rest: '1\r\nx\r\n0\r\n\r\n' },
  ])('is passed on and ends both connections: $name', async ({ head, rest }) => {
    answerEarly();
    const client = await scene.client();
    client.send(head);
    await client.until((text) => text.endsWith('early'));
    expect(client.text).toMatch(/^Connection: close\r$/m);
    await scene.upstreamEnd();
    client.send(rest);
    // A request behind it is not one.
    client.send(get());
    expect(await client.ended()).toBe('fin');
    expect(statuses(client)).toEqual([200]);
    expect(scene.backend.connections).toHaveLength(1);
  });

  test('that comes with the end of the request is an ordinary one', async () => {
    const client = await scene.client();
    client.send(`${post('Content-Length: 2')}hi`);
    await client.until((text) => text.endsWith('ok'));
    expect(client.text).not.toContain('Connection:');
  });

  test('of a backend that goes', async () => {
    let seen = '';
    scene.backend.intercept = (connection, chunk) => {
      seen += chunk.toString('latin1');
      if (seen.includes('hello')) connection.socket.end(answer('early', ['Connection: close']));
    };
    const client = await scene.client();
    client.send(`${post('Content-Length: 100000')}hello`);
    await client.until((text) => text.endsWith('early'));
    client.send('x'.repeat(50_000));
    expect(await client.ended()).toBe('fin');
    expect(statuses(client)).toEqual([200]);
  });
});

describe('R11 requests behind one another', () => {
  test('go to the backend one at a time', async () => {
    const answers: (() => void)[] = [];
    scene.backend.script = (connection, _, at) => void answers.push(() => connection.send(answer(`${at}`)));
    const client = await scene.client();
    client.send(get('N: 0') + get('N: 1') + get('N: 2'));
    for (let at = 0; at < 3; at++) {
      await until(
        () => answers.length > at,
        () => `request ${at}`,
      );
      await turns(5);
      expect(scene.backend.requests).toHaveLength(at + 1);
      answers[at]?.();
    }
    await client.until((text) => text.endsWith('2'));
    expect(splitAnswers(client.bytes).messages.map(({ body }) => body.toString())).toEqual(['0', '1', '2']);
  });

  test('are read no further than 128 KiB ahead', async () => {
    scene.backend.script = () => undefined;
    const client = await scene.client();
    client.send(get());
    await until(
      () => scene.backend.requests.length === 1,
      () => 'the first request',
    );
    const many = Buffer.from(get(`X: ${'y'.repeat(1000)}`).repeat(1000));
    for (let at = 0; at < 64; at++) client.send(many);
    await turns(500);
    expect(client.socket.writableLength).toBeGreaterThan(1_000_000);
  });

  test('are all answered where the client has said that there are no more', async () => {
    const client = await scene.client();
    client.send(get() + get() + get());
    expect(await client.end()).toBe('fin');
    expect(statuses(client)).toEqual([200, 200, 200]);
  });

  test('of which the last is not whole are answered up to that one', async () => {
    const client = await scene.client();
    client.send(`${get()}${get()}GET / HTTP/1.1\r\nHo`);
    expect(await client.end()).toBe('fin');
    expect(statuses(client)).toEqual([200, 200]);
  });

  test('are not looked at behind a body that is too large', async () => {
    const client = await scene.client();
    client.send(`${post('Content-Length: 1000001')}${get()}`);
    expect(await client.ended()).toBe('fin');
    expect(statuses(client)).toEqual([413]);
    expect(scene.backend.connections).toEqual([]);
  });
});

describe('Q6 a client that is still sending', () => {
  test('gets to read why it should not', async () => {
    const client = await scene.client();
    client.send(post('Content-Length: 2000000'));
    for (let at = 0; at < 20; at++) {
      client.send('x'.repeat(10_000));
      await turns(2);
    }
    expect(await client.ended()).toBe('fin');
    expect(statuses(client)).toEqual([413]);
  });

  test('is cut off after 256 KiB', async () => {
    const client = await scene.client();
    client.send(post('Content-Length: 2000000'));
    await client.until((text) => text.includes(' 413 '));
    const isCutOff = () => client.socket.destroyed || client.ending === 'reset';
    for (let at = 0; at < 40 && !isCutOff(); at++) {
      client.send('x'.repeat(10_000));
      // That it was cut off is what the next write shows.
      await scene.plane.settle();
    }
    expect(isCutOff()).toBe(true);
    expect(client.socket.bytesWritten).toBeLessThan(400_000);
  });

  test('is cut off after 5 seconds', async () => {
    const client = await scene.client();
    client.send(post('Content-Length: 2000000'));
    await client.until((text) => text.includes(' 413 '));
    await scene.plane.advance(4_800);
    expect(client.socket.destroyed).toBe(false);
    await scene.plane.advance(400);
    // Our side is open still: only writing shows that the other one is gone.
    client.send('x');
    await scene.plane.settle();
    client.send('x');
    await until(
      () => client.ending === 'reset' || client.socket.destroyed,
      () => 'the end',
    );
  });
});
