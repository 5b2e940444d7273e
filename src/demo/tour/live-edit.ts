// Edits of the served manifests while people are connected: saved, waited for, and taken back.
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { editManifest } from '../manifest-files.ts';
import type { Conversation } from '../mattermost/conversation.ts';
import { cookiesOf, type Scene } from './scene.ts';
import { expectSame } from './step.ts';
import { until } from './waiting.ts';

const CROWD = 20;

export type Change = (text: string) => string;

/** Replaces a part of a manifest, which must be there. */
export function replace(part: string | RegExp, by: string): Change {
  return (text) => text.replace(part, by);
}

/** Saves a change and resolves when all workers serve what came of it. */
export async function edit(scene: Scene, file: string, change: Change, told: string): Promise<void> {
  await inForce(scene, told, () => editManifest(pathOf(scene, file), change));
}

/** Does something while a change is in force; afterwards the file is as it was, whatever happened. */
export async function whileEdited(
  scene: Scene,
  edited: { readonly file: string; readonly change: Change; readonly told: string },
  body: () => Promise<void>,
): Promise<void> {
  const { file, change, told } = edited;
  const before = await readFile(pathOf(scene, file), 'utf8');
  await edit(scene, file, change, told);
  try {
    await body();
  } finally {
    await inForce(scene, `${file}: as before`, () => writeFile(pathOf(scene, file), before));
  }
}

async function inForce(scene: Scene, told: string, save: () => Promise<unknown>): Promise<void> {
  const { controller } = scene.world;
  const generation = controller.servedGeneration();
  const startedMs = performance.now();
  await save();
  await until(`in force: ${told}`, () => controller.servedGeneration() > generation);
  scene.note(`edit ${told}: in force after ${Math.round(performance.now() - startedMs)} ms`);
}

export function pathOf(scene: Scene, file: string): string {
  return join(scene.world.stage.manifests, file);
}

/** Opens WebSockets of two users over all nodes, lets `body` happen, and sees that each is still there and answers. */
export async function withCrowd(scene: Scene, body: () => Promise<void>): Promise<void> {
  const crowd: Conversation[] = [];
  let lost = 0;
  try {
    for (let at = 0; at < CROWD; at++) {
      const talk = await openInCrowd(scene, at);
      crowd.push(talk);
      void talk.closed.then(() => void lost++);
    }
    await body();
    await Promise.all(crowd.map(expectAnswer));
    scene.note(`  ${CROWD - lost} of ${CROWD} WebSockets that were open before are open and answer`);
    expectSame('WebSockets lost', lost, 0);
  } finally {
    for (const talk of crowd) talk.socket.close();
  }
}

async function openInCrowd(scene: Scene, at: number): Promise<Conversation> {
  const { nodes } = scene.world.stage;
  const cookies = cookiesOf(await scene.world.session(at % 2 === 0 ? 'alice' : 'bob'));
  const sticky = await scene.world.stickyValue(nodes[at % nodes.length]?.name ?? '');
  const headers = { Origin: scene.world.origin(), Cookie: `${cookies}; MMSTICKY=${sticky}` };
  return scene.open({ path: '/api/v4/websocket', headers });
}

/** Mattermost's own ping, which goes through the proxy to the node and back. */
export async function expectAnswer(talk: Conversation): Promise<void> {
  const sequence = talk.send('ping');
  const { status } = await talk.next(({ seq_reply }) => seq_reply === sequence);
  expectSame('answer to a ping', status, 'OK');
}
