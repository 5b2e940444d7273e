// The load, a process of its own: obeys orders and answers each. Argument: the certificate that proxies show.
import process from 'node:process';
import type { Asker, AskerEvents } from './asker.ts';
import { ClientSockets } from './client-socket.ts';
import { ConnectAsker } from './connect-asker.ts';
import { SocketHolder } from './held-sockets.ts';
import { Http2Asker } from './http2-asker.ts';
import { HttpAsker } from './http-asker.ts';
import { MeasuredLoad } from './measured-load.ts';
import type { LoadOrder, Order, Reply } from './messages.ts';
import { WebSocketAsker } from './websocket-asker.ts';

const sockets = new ClientSockets(process.argv[2] ?? '');
const holder = new SocketHolder(sockets);

type AnsweredOrder = Exclude<Order, { readonly kind: 'stop' }>;

async function obey(order: AnsweredOrder): Promise<Reply> {
  switch (order.kind) {
    case 'load': {
      const load = new MeasuredLoad(order, (events, index) => createAsker(order, events, index));
      const onMessage = (next: Order): void => {
        if (next.kind === 'stop') load.stop();
      };
      process.on('message', onMessage);
      try {
        return { kind: 'measured', result: await load.run() };
      } finally {
        process.off('message', onMessage);
      }
    }
    case 'hold':
      await holder.open(order);
      return { kind: 'done' };
    case 'count':
      return { kind: 'counted', sockets: await holder.count() };
    case 'release':
      await holder.release();
      return { kind: 'done' };
  }
}

function createAsker({ question, port }: LoadOrder, events: AskerEvents, index: number): Asker {
  const place = { port, sockets, events };
  switch (question.kind) {
    case 'http':
      return new HttpAsker({ ...place, question });
    case 'http2':
      return new Http2Asker({ ...place, question });
    case 'ws':
      return new WebSocketAsker({ ...place, question }, `client ${index}`);
    case 'connect':
      return new ConnectAsker({ ...place, question });
  }
}

function report(error: unknown): Reply {
  return { kind: 'failed', message: error instanceof Error ? error.message : String(error) };
}

process.on('message', (order: Order) => {
  if (order.kind === 'stop') return;
  void obey(order)
    .catch(report)
    .then((reply) => process.send?.(reply));
});
process.once('disconnect', () => process.exit());
