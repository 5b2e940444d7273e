// The load, a process of its own: obeys one order after another and answers each.
import process from 'node:process';
import { SocketHolder } from './held-sockets.ts';
import { HttpAsker } from './http-asker.ts';
import { measureLoad } from './load.ts';
import type { Order, Reply } from './messages.ts';
import { WebSocketAsker } from './websocket-asker.ts';

const holder = new SocketHolder();

async function obey(order: Order): Promise<Reply> {
  switch (order.kind) {
    case 'http':
      return {
        kind: 'measured',
        result: await measureLoad(order, (sink) => new HttpAsker(order.port, sink)),
      };
    case 'ws':
      return {
        kind: 'measured',
        result: await measureLoad(order, (sink) => new WebSocketAsker(order.port, sink)),
      };
    case 'hold':
      if (order.sockets === 0) await holder.closeAll();
      else await holder.open(order.port, order.sockets);
      return { kind: 'held' };
  }
}

function report(error: unknown): Reply {
  return { kind: 'failed', message: error instanceof Error ? error.message : String(error) };
}

process.on('message', (order: Order) => {
  void obey(order)
    .catch(report)
    .then((reply) => process.send?.(reply));
});
process.once('disconnect', () => process.exit());
