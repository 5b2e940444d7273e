// A proxy as one writes it by hand on node:http: an agent that keeps connections, pipes both ways.
import {
  Agent,
  createServer,
  type IncomingMessage,
  request as openRequest,
  type RequestListener,
} from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { connect } from 'node:net';
import type { Duplex } from 'node:stream';
import { createRequestLogger, readPeerOptions, tlsOptions } from './peer-options.ts';

const options = readPeerOptions();
const { backendPort } = options;
const logRequest = createRequestLogger(options);
const agent = new Agent({ keepAlive: true, maxFreeSockets: 64 });
const onRequest: RequestListener = (request, response) => {
  const { method, url, headers, socket } = request;
  logRequest(request, response);
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
};

const plain = createServer(onRequest).listen(options.plainPort, '127.0.0.1');
const tls = createTlsServer(tlsOptions(options), onRequest).listen(options.tlsPort, '127.0.0.1');
for (const server of [plain, tls])
  server.on('upgrade', (request, socket, head) => tunnel(request, socket, head));

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
