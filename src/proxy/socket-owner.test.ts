// A socket and its owners: who hears what, and that a mistake of one costs its connection only.
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { eventually } from '../../test/support/eventually.ts';
import { awaitDrain, handOver, ownSocket, type SocketOwner } from './socket-owner.ts';

const open: Server[] = [];

afterEach(() => {
  for (const server of open.splice(0)) server.close();
});

/** Two ends of a connection. */
async function pair(): Promise<{ near: Socket; far: Socket }> {
  const server = createServer({ allowHalfOpen: true });
  open.push(server);
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const far = connect((server.address() as AddressInfo).port, '127.0.0.1');
  const [near] = (await once(server, 'connection')) as [Socket];
  far.on('error', () => undefined);
  near.resume();
  return { near, far };
}

const NOBODY: SocketOwner = { onBytes() {}, onEnd() {}, onDrain() {}, onClose() {} };

function listening(heard: string[], name: string): SocketOwner {
  return {
    onBytes: () => heard.push(`${name} bytes`),
    onEnd: () => heard.push(`${name} end`),
    onDrain: () => heard.push(`${name} drain`),
    onClose: () => heard.push(`${name} close`),
  };
}

test('each event is heard by whoever has the socket then', async () => {
  const { near, far } = await pair();
  const heard: string[] = [];
  let gone = 0;
  ownSocket(near, listening(heard, 'first'), { onBug: () => undefined, onGone: () => gone++ });
  far.end();
  await eventually(() => expect(heard).toEqual(['first end']));
  handOver(near, listening(heard, 'second'));
  near.destroy();
  await once(near, 'close');
  expect(heard).toEqual(['first end', 'second close']);
  expect(gone).toBe(1);
});

test('drain is told where it was asked for', async () => {
  const { near, far } = await pair();
  const heard: string[] = [];
  ownSocket(near, listening(heard, 'owner'), { onBug: () => undefined });
  expect(near.write(Buffer.alloc(8_000_000))).toBe(false);
  awaitDrain(near);
  awaitDrain(near);
  far.resume();
  await eventually(() => expect(heard).toEqual(['owner drain']));
  expect(near.listenerCount('drain')).toBe(1);
  near.destroy();
  far.destroy();
});

describe('a mistake in', () => {
  const fail = () => {
    throw new Error('a mistake');
  };
  test.each<[string, Partial<SocketOwner>, (far: Socket, near: Socket) => void]>([
    ['onEnd', { onEnd: fail }, (far) => far.end()],
    ['onClose', { onClose: fail }, (_, near) => near.destroy()],
    [
      'onDrain',
      { onDrain: fail },
      (far, near) => {
        near.write(Buffer.alloc(8_000_000));
        awaitDrain(near);
        far.resume();
      },
    ],
  ])('%s is told, and costs that connection', async (_, owner, act) => {
    const { near, far } = await pair();
    const bugs: unknown[] = [];
    ownSocket(near, { ...NOBODY, ...owner }, { onBug: (error) => bugs.push(error) });
    const closed = once(near, 'close');
    act(far, near);
    await closed;
    expect(bugs).toEqual([new Error('a mistake')]);
    far.destroy();
  });
});
