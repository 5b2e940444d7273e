// What `demo` prints: where things are, and commands to try, each a line that can be pasted into a shell.
import { join } from 'node:path';
import { BROWSER_DOMAIN, LOOPBACK, OFFICE, SECRET_HEADER, SITE_HOST, USERS } from './site.ts';
import type { Stage } from './stage.ts';
import type { TourController } from './tour/world.ts';

type Trial = { readonly what: string; readonly command: string };

/** What the printed page depends on beside the stage. */
export type PlaybillOptions = {
  /** What to do where this machine lacks addresses that the commands use. */
  readonly advice: string | undefined;
  /** What the keys do; none where keys are not read. */
  readonly keys: readonly string[];
  readonly bold: (text: string) => string;
};

export function playbill(stage: Stage, controller: TourController, options: PlaybillOptions): string {
  const { advice, keys, bold } = options;
  const { httpPort, httpsPort, adminPort } = controller;
  const users = Object.values(USERS).map(({ username, password }) => `${username} / ${password}`);
  const facts = [
    ['site', `https://${SITE_HOST}:${httpsPort} at ${LOOPBACK} (http at ${httpPort})`],
    ['metrics', `http://${LOOPBACK}:${adminPort}/metrics`],
    ['users', users.join(', ')],
    ['secret', `${SECRET_HEADER}: ${stage.preauthSecret}`],
    ['manifests', `${stage.manifests} (edit them: a saved file is in force at once)`],
    ['authority', stage.authorityFile],
    ['log', stage.logFile],
    ['nodes', stage.nodes.map(({ name, address, port }) => `${name} at ${address}:${port}`).join(', ')],
  ].map(([name = '', value = '']) => `  ${name.padEnd(10)} ${value}`);
  const trials = [...requestTrials(stage, controller), ...liveTrials(stage, controller)];
  return [
    bold('Three Mattermost nodes behind the controller, all on this machine:'),
    ...facts,
    ...(advice === undefined ? [] : ['', advice]),
    '',
    bold('Try, in another terminal:'),
    ...trials.flatMap(({ what, command }) => ['', `# ${what}`, command]),
    '',
    bold('Open in a browser:'),
    `  dashboard  http://${LOOPBACK}:${adminPort}/`,
    ...chatLinks(controller),
    '  Press Log in there, and chat between the two windows while a node is drained. This way in has no TLS, so that no',
    '  browser warns of a certificate. Where these names are not known (Safari), write localhost in their place, and open',
    '  the second one in a private window.',
    '',
    ...(keys.length === 0 ? [] : [bold('Press a key:'), ...keys.map((line) => `  ${line}`), '']),
    'Ctrl-C stops everything and removes the folder. demo --tour does all of this by itself.',
    bold('What is decided from now on:'),
    '',
  ].join('\n');
}

/** One address a person. What stands behind the # fills in the login, and never leaves the browser. */
function chatLinks({ httpPort }: TourController): readonly string[] {
  return Object.values(USERS).map(
    ({ username, password }) =>
      `  ${username.padEnd(9)}  http://${username}.${BROWSER_DOMAIN}:${httpPort}/#${username}:${password}`,
  );
}

/** The start of a curl command that finds and trusts the site. */
function curl({ authorityFile }: Stage, port: number): string {
  return `curl -sS --resolve ${SITE_HOST}:${port}:${LOOPBACK} --cacert ${authorityFile}`;
}

function requestTrials(stage: Stage, { httpPort, httpsPort }: TourController): readonly Trial[] {
  const https = curl(stage, httpsPort);
  const url = `https://${SITE_HOST}:${httpsPort}`;
  const ping = `${url}/api/v4/system/ping`;
  const cookies = join(stage.folder, 'cookies');
  const { username, password } = USERS.alice;
  const login = JSON.stringify({ login_id: username, password });
  return [
    {
      what: 'The office (127.1.0.0/16 in policy.yaml) passes',
      command: `${https} -i --interface ${OFFICE} ${ping}`,
    },
    {
      what: 'The Internet (any other address) is refused without the secret',
      command: `${https} -i ${ping}`,
    },
    {
      what: 'With it the Internet passes',
      command: `${https} -i -H '${SECRET_HEADER}: ${stage.preauthSecret}' ${ping}`,
    },
    { what: 'A wrong one is refused', command: `${https} -i -H '${SECRET_HEADER}: wrong' ${ping}` },
    {
      what: 'Plain HTTP is redirected',
      command: `${curl(stage, httpPort)} -i http://${SITE_HOST}:${httpPort}/`,
    },
    {
      what: `Log in as ${username} from the office and keep the cookies, that of the controller among them`,
      command: `${https} -i --interface ${OFFICE} -c ${cookies} -H 'X-Requested-With: XMLHttpRequest' -d '${login}' ${url}/api/v4/users/login`,
    },
    {
      what: 'With these cookies a WebSocket opens from the Internet, as browsers need it',
      command: `${https} -i -N --http1.1 --max-time 2 -b ${cookies} -H 'Connection: Upgrade' -H 'Upgrade: websocket' -H 'Sec-WebSocket-Version: 13' -H 'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==' ${url}/api/v4/websocket --output -`,
    },
    {
      what: 'They stay on one node',
      command: `for i in 1 2 3 4 5; do ${https} --interface ${OFFICE} -b ${cookies} -o ${join(stage.folder, 'body')} -D - ${ping} | grep -i x-demo-node; done`,
    },
  ];
}

function liveTrials({ manifests, logFile }: Stage, { adminPort }: TourController): readonly Trial[] {
  const policy = join(manifests, 'policy.yaml');
  const endpoints = join(manifests, 'endpoints.yaml');
  return [
    {
      what: 'Open the site to everybody while it runs',
      command: `sed -i.bak 's/defaultAction: Deny/defaultAction: Allow/' ${policy}`,
    },
    {
      what: 'Close it again',
      command: `sed -i.bak 's/defaultAction: Allow/defaultAction: Deny/' ${policy}`,
    },
    {
      what: 'Take a node out: its clients go elsewhere, open WebSockets stay',
      command: `sed -i.bak 's/{ready: true} # node-2/{ready: false} # node-2/' ${endpoints}`,
    },
    {
      what: 'Bring it back',
      command: `sed -i.bak 's/{ready: false} # node-2/{ready: true} # node-2/' ${endpoints}`,
    },
    {
      what: 'What was decided on the last requests',
      command: `tail -n 3 ${logFile}`,
    },
    {
      what: 'The same in numbers',
      command: `curl -sS http://${LOOPBACK}:${adminPort}/metrics | grep admission_decisions`,
    },
  ];
}
