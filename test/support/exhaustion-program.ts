// A data plane whose addresses have eight ports each: to be started in a network namespace of its own that was made so.
// Prints what became of twenty requests that are held, and of more when ports are free again.
import { request } from 'node:http';
import { backend, endpoint, openSite, site } from '../../src/decide/test-objects.ts';
import { compileRanges } from '../../src/translate/address-ranges.ts';
import { configuration, TestPlane } from './data-plane.ts';
import { answer, RecordingBackend } from './recording-backend.ts';

const OWN = ['127.0.0.2', '127.0.0.3'];
const REQUESTS = 20;
const REST_MS = 1_000;

type Pending = { readonly status: Promise<number> };

const node = await RecordingBackend.start(() => undefined);
const endpoints = [endpoint('node', { address: '127.0.0.1', port: node.port })];
const sourceAddresses = compileRanges(['127.0.0.2/31']);
const plane = await TestPlane.start(
  configuration([site('a', openSite())], [backend(endpoints, { sourceAddresses })]),
  { ownAddresses: OWN },
);

/** Each client has an address of its own, so that the ports of clients do not run out. */
let clients = 0;
function ask(): Pending {
  const localAddress = `127.0.1.${++clients}`;
  const status = new Promise<number>((resolve, reject) => {
    const options = { host: '127.0.0.1', port: plane.httpPort, localAddress, headers: { Host: 'a' } };
    request(options, (response) => resolve(response.resume().statusCode ?? 0))
      .once('error', reject)
      .end();
  });
  return { status };
}

/** Resolves when the node has that request, or it was answered. */
async function settle({ status }: Pending): Promise<number | undefined> {
  const before = node.requests.length;
  let answered: number | undefined;
  void status.then((code) => (answered = code));
  while (answered === undefined && node.requests.length === before)
    await new Promise<void>((resolve) => setImmediate(resolve));
  return answered;
}

const answers: (number | undefined)[] = [];
for (let at = 0; at < REQUESTS; at++) answers.push(await settle(ask()));
const sources = OWN.map(
  (address) => node.connections.filter(({ socket }) => socket.remoteAddress === address).length,
);
const failures = plane.metric('source_address_failures_total', 'exhausted');
const { warnings } = plane;
const reasons = plane.records.map(({ reason }) => reason);

// One of each address is given back; both rest for a while.
for (const address of OWN) {
  const held = node.connections.find(({ socket }) => socket.remoteAddress === address);
  held?.socket.end(answer('ok', ['Connection: close']));
}
while (plane.load > REQUESTS - 6) await new Promise<void>((resolve) => setImmediate(resolve));
const resting = await settle(ask());
await plane.advance(REST_MS);
const rested = await settle(ask());

console.log(JSON.stringify({ answers, sources, failures, warnings, reasons, resting, rested }));
process.exit(0);
