// The npm library http-proxy with what its documentation offers for speed: an agent that keeps connections.
// Arguments: the port to listen on, the port of the backend.
import { Agent, createServer } from 'node:http';
import process from 'node:process';
import httpProxy from 'http-proxy';

const [listenPort, backendPort] = process.argv.slice(2).map(Number);
const agent = new Agent({ keepAlive: true, maxFreeSockets: 64 });
const proxy = httpProxy.createProxyServer({
  target: `http://127.0.0.1:${backendPort}`,
  agent,
  xfwd: true,
  ws: true,
});
// Without a listener the first client that leaves early would end the process.
proxy.on('error', () => {});

const server = createServer((request, response) => proxy.web(request, response));
server.on('upgrade', (request, socket, head) => proxy.ws(request, socket, head));
server.listen(listenPort, '127.0.0.1');
