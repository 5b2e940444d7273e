// A backend in a process of its own that begins answers and never ends them; the path says how. For tests that kill it.
// Its argument is its port.
import { createServer, type Socket } from 'node:net';
import { acceptOf } from './websocket-accept.ts';

const BEGINNINGS: Readonly<Record<string, string>> = {
  '/silent': '',
  '/length': 'HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nhalf',
  '/chunked': 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n',
  '/closing': 'HTTP/1.1 200 OK\r\n\r\nhalf',
};
const PAGE = 'HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nmortal';
/** A whole frame and the beginning of another one. */
const FRAMES = '\x81\x05hello\x81\x0ahalf';

function answer(socket: Socket, head: string): void {
  const [, path = ''] = head.split(' ');
  const accept = acceptOf(head);
  const switching = `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`;
  if (accept !== '' && path !== '/silent') socket.write(switching + FRAMES, 'latin1');
  else socket.write(BEGINNINGS[path] ?? PAGE, 'latin1');
}

const server = createServer((socket) => {
  let received = '';
  socket.on('error', () => undefined);
  socket.on('data', (chunk: Buffer) => {
    received += chunk.toString('latin1');
    for (let end = received.indexOf('\r\n\r\n'); end !== -1; end = received.indexOf('\r\n\r\n')) {
      answer(socket, received.slice(0, end));
      received = received.slice(end + 4);
    }
  });
});
server.listen(Number(process.argv[2]), '127.0.0.1', () => {
  const bound = server.address();
  console.log(JSON.stringify({ port: typeof bound === 'object' ? bound?.port : 0 }));
});
