// An admin port that is asked from an address of this machine that is not loopback: to be started in a network namespace
// of its own that has 192.0.2.1. Prints what was answered.
import { request } from 'node:http';
import { Registry } from 'prom-client';
import { createAdminServer } from '../../src/observe/admin.ts';

const ADDRESS = '192.0.2.1';
const PATHS = ['/', '/dashboard/dashboard.js', '/api/state', '/livez', '/metrics'];
const status = { synced: true, listening: true, draining: false, generation: 1, workers: [] };

function ask(port: number, path: string, host: string): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  request({ host: ADDRESS, localAddress: ADDRESS, port, path, headers: { Host: host } })
    .once('error', reject)
    .once('response', (response) => resolve(response.resume().statusCode ?? 0))
    .end();
  return promise;
}

async function answers(showsState: boolean): Promise<readonly (readonly [string, readonly number[]])[]> {
  const state = { status: () => status, state: () => ({}) };
  const options = { address: '0.0.0.0', port: 0, state, registry: new Registry(), showsState };
  const server = await createAdminServer(options);
  // A stranger may say any name.
  const asked = PATHS.map(
    async (path) =>
      [path, [await ask(server.port, path, ADDRESS), await ask(server.port, path, 'localhost')]] as const,
  );
  const all = await Promise.all(asked);
  await server.close();
  return all;
}

const result = {
  hidden: Object.fromEntries(await answers(false)),
  shown: Object.fromEntries(await answers(true)),
};
console.log(JSON.stringify(result));
