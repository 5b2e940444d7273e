// A visitor from inside of the cluster: a request made in one of Mattermost's pods, whose address nobody hides.
import { kubectl } from './cluster-tools.ts';
import { RELEASE } from './installation.ts';
import { CHAT_HOST, SITES } from './mattermost-objects.ts';

const SCRIPT = `
const [host, service, headers] = process.argv.slice(1);
const options = { host: service, port: 443, servername: host, path: '/api/v4/system/ping', rejectUnauthorized: false };
require('node:https')
  .get({ ...options, agent: false, headers: { Host: host, ...JSON.parse(headers) } }, (response) => {
    console.log(response.statusCode);
    response.resume();
  })
  .on('error', (error) => console.log(error.message));
`;

/** Status of a ping through the Service's name. Rejects with what the pod said where there was no answer. */
export async function statusFromPod(headers: Readonly<Record<string, string>>): Promise<number> {
  const request = [CHAT_HOST, `${RELEASE}.${RELEASE}.svc`, JSON.stringify(headers)];
  const command = `exec deployment/mattermost --namespace ${SITES} -- node -e`;
  const said = (await kubectl(command, SCRIPT, ...request)).trim();
  if (!/^\d{3}$/.test(said)) throw new Error(`A request from a pod failed: ${said}`);
  return Number(said);
}
