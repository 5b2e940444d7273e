// The npm library http-proxy with what its documentation offers for speed: an agent that keeps connections.
import { Agent, createServer, type RequestListener } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import httpProxy from 'http-proxy';
import { createRequestLogger, readPeerOptions, tlsOptions } from './peer-options.ts';

const options = readPeerOptions();
const logRequest = createRequestLogger(options);
const agent = new Agent({ keepAlive: true, maxFreeSockets: 64 });
const proxy = httpProxy.createProxyServer({
  target: `http://127.0.0.1:${options.backendPort}`,
  agent,
  xfwd: true,
  ws: true,
});
// Without a listener the first client that leaves early would end the process.
proxy.on('error', () => {});

const onRequest: RequestListener = (request, response) => {
  logRequest(request, response);
  proxy.web(request, response);
};
const plain = createServer(onRequest).listen(options.plainPort, '127.0.0.1');
const tls = createTlsServer(tlsOptions(options), onRequest).listen(options.tlsPort, '127.0.0.1');
for (const server of [plain, tls])
  server.on('upgrade', (request, socket, head) => proxy.ws(request, socket, head));
