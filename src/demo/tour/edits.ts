// Steps: policy and secret change while people are connected, rightly and wrongly.
import { readFile, writeFile } from 'node:fs/promises';
import { INTERNET, OFFICE, SECRET_HEADER } from '../site.ts';
import { edit, pathOf, replace, whileEdited, withCrowd } from './live-edit.ts';
import type { Promised, Scene } from './scene.ts';
import { expectSame, type Step } from './step.ts';

const PING = '/api/v4/system/ping';
const POLICY = 'policy.yaml';
const SECRET = 'preauth.yaml';

const FROM_OFFICE: Promised = { status: 200, rule: 'office-networks', action: 'Allow' };
const REFUSED: Promised = { status: 403, rule: 'default', action: 'Deny' };
const CLOSED: Promised = { status: 503, rule: null, reason: 'policy-invalid', endpoint: null };

async function ask(scene: Scene, from: string, promised: Promised): Promise<void> {
  await scene.ask({ path: PING, from }, promised);
}

async function moveOffice(scene: Scene): Promise<void> {
  const change = replace('sourceCIDRs: [127.1.0.0/16]', 'sourceCIDRs: [127.0.0.0/16]');
  const told = `${POLICY}: the office moves from 127.1.0.0/16 to 127.0.0.0/16`;
  await ask(scene, OFFICE, FROM_OFFICE);
  await whileEdited(scene, { file: POLICY, change, told }, async () => {
    await ask(scene, OFFICE, REFUSED);
    await ask(scene, INTERNET, FROM_OFFICE);
  });
  await ask(scene, OFFICE, FROM_OFFICE);
}

async function openToAll(scene: Scene): Promise<void> {
  const change = replace('defaultAction: Deny', 'defaultAction: Allow');
  await ask(scene, INTERNET, REFUSED);
  await whileEdited(scene, { file: POLICY, change, told: `${POLICY}: defaultAction Allow` }, () =>
    ask(scene, INTERNET, { status: 200, rule: 'default', action: 'Allow' }),
  );
  await ask(scene, INTERNET, REFUSED);
}

async function rotateSecret(scene: Scene): Promise<void> {
  const { nextSecret, stage } = scene.world;
  const sendOld = (promised: Promised) =>
    sendSecret(scene, stage.preauthSecret, 'with the old secret', promised);
  const sendNext = (promised: Promised) => sendSecret(scene, nextSecret, 'with the new secret', promised);
  const passesBy = (secretName: string) => ({ status: 200, rule: 'managed-mobile-app', secretName });
  const addKey = replace(/^( *)current: .*$/m, `$&\n$1next: ${nextSecret}`);
  await sendNext(REFUSED);
  await whileEdited(
    scene,
    { file: SECRET, change: addKey, told: `${SECRET}: key next beside key current` },
    async () => {
      await sendOld(passesBy('current'));
      await sendNext(passesBy('next'));
      await edit(scene, SECRET, replace(/^ *current: .*\n/m, ''), `${SECRET}: without key current`);
      await sendOld(REFUSED);
      await sendNext(passesBy('next'));
    },
  );
}

async function sendSecret(scene: Scene, secret: string, showing: string, promised: Promised): Promise<void> {
  await scene.ask({ path: PING, headers: { [SECRET_HEADER]: secret }, showing }, promised);
}

/** Half of the file, as an editor or a full disk may leave it: unreadable, so that what was served stays. */
async function breakFile(scene: Scene): Promise<void> {
  const { controller, stage } = scene.world;
  const file = pathOf(scene, POLICY);
  const whole = await readFile(file, 'utf8');
  const half = whole.slice(0, whole.indexOf('hosts: [chat') + 'hosts: [chat'.length);
  const generation = controller.servedGeneration();
  await writeFile(file, half);
  try {
    const finding = await stage.journal.find(
      `the broken ${POLICY}`,
      ({ reason }) => reason === 'YAMLInvalid',
    );
    scene.note(`edit ${POLICY}: half of it is lost; the log says "${String(finding['msg'])}"`);
    await ask(scene, OFFICE, FROM_OFFICE);
    await ask(scene, INTERNET, REFUSED);
    expectSame('generation', controller.servedGeneration(), generation);
  } finally {
    await writeFile(file, whole);
  }
}

async function closeAndMend(scene: Scene): Promise<void> {
  const change = replace('defaultAction: Deny', 'defaultAction: Maybe');
  await whileEdited(
    scene,
    { file: POLICY, change, told: `${POLICY}: defaultAction Maybe, which is no action` },
    async () => {
      await ask(scene, OFFICE, CLOSED);
      await ask(scene, INTERNET, CLOSED);
    },
  );
  await ask(scene, OFFICE, FROM_OFFICE);
  await ask(scene, INTERNET, REFUSED);
}

function inCrowd(run: (scene: Scene) => Promise<void>): Step<Scene>['run'] {
  return (scene) => withCrowd(scene, () => run(scene));
}

export const editSteps: readonly Step<Scene>[] = [
  { name: 'The office network changes with 20 WebSockets open', run: inCrowd(moveOffice) },
  { name: 'The default action changes with 20 WebSockets open', run: inCrowd(openToAll) },
  { name: 'The secret of the apps changes, and for a while both are good', run: inCrowd(rotateSecret) },
  { name: 'Half a policy file changes nothing', run: inCrowd(breakFile) },
  { name: 'An invalid policy closes its host, and mending it opens it again', run: inCrowd(closeAndMend) },
];
