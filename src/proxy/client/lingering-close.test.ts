// The end of a connection whose client reads slowly: what was answered leaves us first, however long that takes within the
// limit; only then begins the wait for the client's own end.
import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { client } from '../../decide/test-objects.ts';
import { DEFAULT_CLIENT_LIMITS } from '../../model/limits.ts';
import { Http1Connection } from './connection.ts';
import { LingeringClose } from './lingering-close.ts';
import { ReadBuffer } from '../read-buffer.ts';
import { TimerWheel } from '../timers.ts';

const { slowReaderTimeoutMs, keepAliveTimeoutMs } = DEFAULT_CLIENT_LIMITS;
const AFTER_LAST_MS = 5_000;

/** A socket whose peer takes nothing until it is told to. */
class HeldSocket extends Duplex {
  taken = '';
  hasSaidEnd = false;
  #waiting: (() => void) | undefined;
  #isHeld = true;

  override _read(): void {}

  override _write(chunk: Buffer, _: string, done: () => void): void {
    this.#afterHold(() => {
      this.taken += chunk.toString('latin1');
      done();
    });
  }

  override _final(done: () => void): void {
    this.hasSaidEnd = true;
    done();
  }

  async takeAll(): Promise<void> {
    this.#isHeld = false;
    this.#waiting?.();
    await settle();
  }

  #afterHold(act: () => void): void {
    if (this.#isHeld) this.#waiting = act;
    else act();
  }
}

function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function start() {
  const facts = { nowMs: 0, bugs: [] as unknown[] };
  const onBug = (error: unknown) => void facts.bugs.push(error);
  const timers = new TimerWheel({ epochMs: () => 0, monotonicMs: () => facts.nowMs }, onBug);
  const pass = async (ms: number) => {
    for (let left = ms; left > 0; left -= 1_000) {
      facts.nowMs += Math.min(left, 1_000);
      timers.advance();
    }
    await settle();
  };
  const held = new HeldSocket();
  return { held, socket: held as unknown as Socket, timers, pass, onBug };
}

describe('a connection that ends', () => {
  test('waits for the reader of its answer, then a while for the reader to end too', async () => {
    const { held, socket, timers, pass } = start();
    socket.write('answer');
    new LingeringClose(socket, { timers, limits: DEFAULT_CLIENT_LIMITS }, false);
    await pass(slowReaderTimeoutMs - 200);
    expect(held.destroyed).toBe(false);
    await held.takeAll();
    expect([held.taken, held.hasSaidEnd]).toEqual(['answer', true]);
    await pass(AFTER_LAST_MS - 200);
    expect(held.destroyed).toBe(false);
    await pass(400);
    expect(held.destroyed).toBe(true);
  });

  test('does not wait for one who takes nothing', async () => {
    const { held, socket, timers, pass } = start();
    socket.write('answer');
    new LingeringClose(socket, { timers, limits: DEFAULT_CLIENT_LIMITS }, false);
    await pass(slowReaderTimeoutMs + 200);
    expect([held.taken, held.destroyed]).toEqual(['', true]);
  });

  test('waits for its reader also when the client ends meanwhile, and then for nothing more', async () => {
    const { held, socket, timers } = start();
    socket.write('answer');
    const lingering = new LingeringClose(socket, { timers, limits: DEFAULT_CLIENT_LIMITS }, false);
    lingering.onClientEnd();
    await settle();
    expect(held.destroyed).toBe(false);
    await held.takeAll();
    expect([held.taken, held.destroyed]).toEqual(['answer', true]);
  });

  test('ends with the client where everything was taken', async () => {
    const { held, socket, timers } = start();
    const lingering = new LingeringClose(socket, { timers, limits: DEFAULT_CLIENT_LIMITS }, false);
    await settle();
    expect(held.destroyed).toBe(false);
    lingering.onClientEnd();
    expect(held.destroyed).toBe(true);
  });

  test('waits for nothing more where the client has ended', async () => {
    const { held, socket, timers } = start();
    socket.write('answer');
    new LingeringClose(socket, { timers, limits: DEFAULT_CLIENT_LIMITS }, true);
    await held.takeAll();
    expect([held.taken, held.destroyed]).toEqual(['answer', true]);
  });
});

describe('a connection that is kept', () => {
  /** One that has answered its only request, and whose client has taken nothing of the answer. */
  function answered() {
    const stage = start();
    const { socket, timers, onBug } = stage;
    const readBuffer = new ReadBuffer();
    const connection = new Http1Connection({ socket, raw: socket }, client(), {
      readBuffer,
      timers,
      limits: DEFAULT_CLIENT_LIMITS,
      onRequest: (_, stream) => {
        stream.response.head(200, [], { kind: 'length', bytes: 6 }, false);
        stream.response.body(Buffer.from('answer'), 0, 6);
        stream.response.end();
        stream.finish(false);
        return undefined;
      },
      onRefused: () => undefined,
      onBug,
      onClosed: () => undefined,
      onTunnel: () => undefined,
      isLameDuck: () => false,
    });
    const request = Buffer.from('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    connection.onBytes(request, 0, request.length);
    return { ...stage, connection };
  }

  test('does not throw away at its end what a slow reader still waits for', async () => {
    const { held, pass } = answered();
    await pass(keepAliveTimeoutMs + 200);
    expect(held.destroyed).toBe(false);
    await held.takeAll();
    expect([held.taken.endsWith('\r\n\r\nanswer'), held.hasSaidEnd]).toEqual([true, true]);
  });

  test('nor when the client has no more to say', async () => {
    const { held, connection } = answered();
    connection.onEnd();
    await settle();
    expect(held.destroyed).toBe(false);
    await held.takeAll();
    expect([held.taken.endsWith('\r\n\r\nanswer'), held.destroyed]).toEqual([true, true]);
  });

  test('ends at once where everything was taken', async () => {
    const { held, pass } = answered();
    await held.takeAll();
    await pass(keepAliveTimeoutMs + 200);
    expect(held.destroyed).toBe(true);
  });

  test('ends in the end for one who takes nothing', async () => {
    const { held, pass } = answered();
    await pass(keepAliveTimeoutMs + 200);
    await pass(slowReaderTimeoutMs + 200);
    expect([held.taken, held.destroyed]).toEqual(['', true]);
  });
});
