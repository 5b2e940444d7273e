// A node that no one here wrote: Node's own HTTP server with its defaults, stopped as its documentation says.
// Prints its port when it listens. `--late` answers 503 until a moment after that, `--abrupt` exits at once.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import process from 'node:process';

const READY_AFTER_MS = 300;
const isLate = process.argv.includes('--late');
let isReady = !isLate;

const server = createServer((request, response) => {
  response.setHeader('X-Demo-Node', process.env['NODE_NAME'] ?? '');
  if (request.url?.endsWith('/ping') === true && !isReady) response.writeHead(503).end('not yet\n');
  else request.resume().on('end', () => setTimeout(() => response.end('here\n'), Math.random() * 20));
});
server.listen(Number(process.argv[2]), '127.0.0.1', () => {
  if (isLate) setTimeout(() => (isReady = true), READY_AFTER_MS);
  process.stdout.write(`${(server.address() as AddressInfo).port}\n`);
});
process.once('SIGTERM', () => {
  if (process.argv.includes('--abrupt')) process.exit(0);
  server.close();
});
