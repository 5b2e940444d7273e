// A proxy as one writes it by hand on node:http: an agent that keeps connections, pipes both ways.
// Arguments: the port to listen on, the port of the backend.
import { Agent, createServer, type IncomingMessage, request as openRequest } from 'node:http';
import { connect } from 'node:net';
import process from 'node:process';
import type { Duplex } from 'node:stream';

const [listenPort = 0, backendPort = 0] = process.argv.slice(2).map(Number);
const agent = new Agent({ keepAlive: true, maxFreeSockets: 64 });
const server = createServer((request, response) => {
  const { method, url, headers, socket } = request;
  const onward = openRequest(
    {
      host: '127.0.0.1',
      port: backendPort,
      agent,
      method,
      path: url,
      headers: { ...headers, connection: 'keep-alive', 'x-forwarded-for': socket.remoteAddress },
    },
    (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    },
  );
  onward.on('error', () => response.destroy());
  request.pipe(onward);
});

server.on('upgrade', (request, socket, head) => tunnel(request, socket, head));
server.listen(listenPort, '127.0.0.1');

function tunnel({ url, rawHeaders }: IncomingMessage, client: Duplex, head: Buffer): void {
  const backend = connect({ host: '127.0.0.1', port: backendPort, noDelay: true }, () => {
    let text = `GET ${url} HTTP/1.1\r\n`;
    for (let at = 0; at < rawHeaders.length; at += 2) text += `${rawHeaders[at]}: ${rawHeaders[at + 1]}\r\n`;
    backend.write(`${text}\r\n`, 'latin1');
    backend.write(head);
    backend.pipe(client);
    client.pipe(backend);
  });
  backend.on('error', () => client.destroy());
  client.on('error', () => backend.destroy());
}
