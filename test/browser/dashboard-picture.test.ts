// The picture of the dashboard that the documentation shows: a node that drains while people go on working.
// `DASHBOARD_PICTURE=true npx vitest run test/browser/dashboard-picture` takes it anew, in a minute and a half.
import { writeFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeEach, expect, test } from 'vitest';
import { DashboardPage } from '../support/dashboard-page.ts';
import { DashboardScene } from '../support/dashboard-scene.ts';
import { eventually } from '../support/eventually.ts';
import { TestBrowser } from '../support/test-browser.ts';

const PICTURE = fileURLToPath(new URL('../../docs/images/dashboard.png', import.meta.url));
const isWanted = (process.env['DASHBOARD_PICTURE'] ?? '') !== '';
/** Steps of a day in which people come and go; a few are enough to see that a picture can be taken. */
const STEPS = isWanted ? 300 : 5;
const STEP_MS = 250;
/** A third of them on each node. One goes a second: with many more, the drain is still to be seen on a slow machine. */
const WEB_SOCKETS = isWanted ? 36 : 150;
const MAX_BYTES = 200 * 1024;

const browser = new TestBrowser();
beforeEach((context) => browser.need(context));
afterAll(() => browser.stop());

test('a picture of a drain can be taken, and is small enough for the documentation', async () => {
  const scene = await DashboardScene.start();
  for (let step = 0; step < STEPS; step++) await live(scene, step);
  // Before the drain, which is over when a browser takes its time to start.
  const page = await DashboardPage.open(browser, scene.controller.adminPort, { width: 1280, height: 1100 });
  await scene.drain('mattermost-1');
  const progress = isWanted ? /\b[4-6] of 12 closed/ : /\b[1-9]\d* of \d+ closed/;
  await eventually(async () => expect(await page.text('#endpoints-list')).toMatch(progress));
  const picture = await page.page.screenshot();
  expect(picture.length).toBeLessThan(MAX_BYTES);
  if (isWanted) writeFileSync(PICTURE, picture);
  await page.close();
  await scene.end();
}, 180_000);

async function live(scene: DashboardScene, step: number): Promise<void> {
  await scene.openWebSockets(webSocketsAt(step) - webSocketsAt(step - 1));
  const requests = Math.round(3 + 2 * Math.sin(step / 18) + Math.sin(step / 5));
  await Promise.all(
    Array.from({ length: requests }, (_, at) =>
      scene.ask('/api/v4/system/ping', at % 2 === 0 ? 'office' : 'app'),
    ),
  );
  if (step % 23 === 4) await scene.ask('/api/v4/users/me', 'stranger');
  if (isWanted) await pause(STEP_MS);
}

/** They come by and by. */
function webSocketsAt(step: number): number {
  return Math.round((WEB_SOCKETS * (step + 1)) / STEPS);
}
