// Two people in a real Chromium at the fake Mattermost, through a real controller: they chat on while nodes come and go.
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Page } from 'puppeteer-core';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { USERS, type UserName } from '../../src/demo/site.ts';
import { createStage, type Stage, TEMPLATES } from '../../src/demo/stage.ts';
import { Stagehand } from '../../src/demo/stagehand.ts';
import { TestBrowser, type View } from '../support/test-browser.ts';
import type { ControllerProcess } from '../support/controller-process.ts';
import { Scene } from '../support/scene.ts';

const HOSTILE = `<img src=x onerror=alert(1)><script>alert(2)</script> ${'wide'.repeat(200)}`;
const POLL = { timeout: 20_000, interval: 30 };

/** Of whoever had to move. `DEMO_PICTURE=true npx vitest run test/browser/demo-chat` takes it anew. */
const PICTURE = fileURLToPath(new URL('../../docs/images/demo-chat.png', import.meta.url));
const isPictureWanted = (process.env['DEMO_PICTURE'] ?? '') !== '';
const WINDOW = { width: 1_100, height: 560 };

const browser = new TestBrowser();
const scene = new Scene();
const told: string[] = [];
let stage: Stage;
let controller: ControllerProcess;
let hand: Stagehand;

beforeAll(async () => {
  const folder = await mkdtemp(join(tmpdir(), 'demo-chat-'));
  scene.add({ stop: () => rm(folder, { recursive: true }) });
  stage = await createStage(folder, TEMPLATES);
  scene.add({ stop: () => stage.close() });
  controller = await scene.controller({ source: { manifests: stage.manifests } });
  const ports = { httpPort: controller.port('http'), httpsPort: 0, adminPort: 0 };
  const teller = { note: (text: string) => void told.push(text), progress: () => undefined };
  hand = new Stagehand(stage, { ...ports, servedGeneration: () => controller.served }, teller);
});
afterAll(async () => {
  await scene.end();
  await browser.stop();
});
beforeEach((context) => browser.need(context));

/** What the demo prints, with the name and password of the login behind it. */
function addressOf(name: UserName, account = '', port = controller.port('http')): string {
  return `http://${name}.localhost:${port}/${account}`;
}

/** A page, logged in. @param view.port the controller's own by default */
async function enter(
  name: UserName,
  { port, ...view }: View & { readonly port?: number } = {},
): Promise<Page> {
  const page = await browser.page(view);
  const { username, password } = USERS[name];
  await page.goto(addressOf(name, `#${username}:${password}`, port));
  expect(new URL(page.url()).hash).toBe('');
  await page.click('#login button');
  await expect.poll(() => nodeOf(page), POLL).toMatch(/^node-\d$/);
  return page;
}

/** What lies between a browser and the controller, and can break. */
class Network {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(to: number) {
    this.#server = createServer((client) => {
      const onward = connect(to, '127.0.0.1');
      for (const socket of [client, onward]) this.#sockets.add(socket.on('error', () => socket.destroy()));
      client.pipe(onward).pipe(client);
    });
  }

  static async build(to: number): Promise<Network> {
    const network = new Network(to);
    await once(network.#server.listen(0, '127.0.0.1'), 'listening');
    return network;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
    this.#sockets.clear();
  }

  async stop(): Promise<void> {
    this.cut();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

function textOf(page: Page, selector: string): Promise<string> {
  return page.$eval(selector, (element) => element.textContent ?? '');
}

/** The node of the page's WebSocket, or what it says instead. */
function nodeOf(page: Page): Promise<string> {
  return textOf(page, '#badge');
}

/** What would have to be scrolled sideways. */
function overflowing(page: Page): Promise<readonly string[]> {
  return page.$$eval('html, main, ol, form, header', (elements) =>
    elements.filter((one) => one.scrollWidth > one.clientWidth).map((one) => `${one.tagName} ${one.id}`),
  );
}

async function say(page: Page, message: string): Promise<void> {
  await page.type('#message', message);
  await page.keyboard.press('Enter');
}

function messagesOf(page: Page): Promise<readonly string[]> {
  return page.$$eval('#posts li[data-state=sent] .text', (texts) =>
    texts.map((text) => text.textContent ?? ''),
  );
}

async function expectBothRead(pages: readonly Page[], messages: readonly string[]): Promise<void> {
  for (const page of pages) await expect.poll(() => messagesOf(page), POLL).toEqual(messages);
}

describe('two people', () => {
  test('chat on, whatever becomes of nodes', { timeout: 90_000 }, async () => {
    const pages = [
      await enter('alice', WINDOW),
      await enter('bob', { ...WINDOW, colorScheme: 'dark' }),
    ] as const;
    const [alice, bob] = pages;
    const said: string[] = [];
    const sayAs = async (page: Page, message: string): Promise<void> => {
      said.push(message);
      await say(page, message);
      await expect.poll(() => messagesOf(page), POLL).toContain(message);
    };
    await sayAs(alice, 'Hello bob');
    await sayAs(bob, 'Hello alice');
    await expectBothRead(pages, said);

    // Whoever has no WebSocket for some seconds can say something all the same, and hears what was said.
    const drain = () => hand.drain();
    for (const leave of [drain, () => hand.kill()]) {
      const before = await Promise.all(pages.map(nodeOf));
      await leave();
      const left = /^(node-\d) /.exec(told.findLast((text) => text.startsWith('node-')) ?? '')?.[1] ?? '';
      expect(before).toContain(left);
      await sayAs(alice, `I can write while ${left} leaves`);
      await sayAs(bob, `So can I, and ${left} was ${left === before[1] ? 'mine' : 'yours'}`);
      for (const page of pages) {
        const isElsewhere = async () => /^node-\d$/.test(await nodeOf(page)) && (await nodeOf(page)) !== left;
        await expect.poll(isElsewhere, POLL).toBe(true);
      }
      await expectBothRead(pages, said);
      if (isPictureWanted && leave === drain)
        await pages[before.indexOf(left)]?.screenshot({ path: PICTURE });
      await hand.bringBack();
      await sayAs(bob, `bob, after ${left} came back`);
      await expectBothRead(pages, said);
    }
    const histories = (await Promise.all(pages.map((page) => textOf(page, '#history')))).join();
    for (const told of ['WebSocket closed: 1012', 'WebSocket closed: 1006', 'Moved from']) {
      expect(histories).toContain(told);
    }
    expect(browser.takeTroubles()).toEqual([]);
  });

  test('go on where they were when only their network broke', { timeout: 60_000 }, async () => {
    const network = await Network.build(controller.port('http'));
    const [alice, bob] = [await enter('alice', { port: network.port }), await enter('bob')];
    const node = await nodeOf(alice);
    network.cut();
    await expect.poll(() => textOf(alice, '#history'), POLL).toContain('WebSocket closed: 1006');
    await say(bob, 'said to nobody');
    await expect.poll(() => textOf(alice, '#history'), POLL).toContain(`Back on ${node} after`);
    expect(await textOf(alice, '#history')).toContain('Nothing was missed.');
    await expect.poll(() => messagesOf(alice), POLL).toContain('said to nobody');
    await alice.close();
    await network.stop();
  });

  test('come back sooner or later, as the web client does', async () => {
    const page = await browser.page();
    await page.goto(addressOf('alice'));
    const asked = [
      [1, 0],
      [1, 0.5],
      [7, 0],
      [8, 0],
      [11, 0],
      [1_000, 0.5],
    ];
    const delays = await page.evaluate(
      `import('/static/connection.js').then(({ retryDelayMs }) => ${JSON.stringify(asked)}.map((one) => retryDelayMs(...one)))`,
    );
    expect(delays).toEqual([3_000, 4_000, 3_000, 192_000, 300_000, 301_000]);
  });

  test('what they write is text, and fits a phone', async () => {
    const phone = await enter('alice', { width: 375, height: 700 });
    await say(phone, HOSTILE);
    await expect.poll(() => messagesOf(phone), POLL).toContain(HOSTILE);
    expect(await phone.$$('#posts img, #posts script')).toEqual([]);
    expect(await overflowing(phone)).toEqual([]);
    await phone.reload();
    await expect.poll(() => messagesOf(phone), POLL).toContain(HOSTILE);
    await phone.click('#logout');
    await expect.poll(() => phone.$eval('#entrance', (entrance) => entrance.hidden), POLL).toBe(false);
    expect(await phone.$$eval('#posts li', (posts) => posts.length)).toBe(0);
    expect(await overflowing(phone)).toEqual([]);
  });

  test('see it as light or dark as they like', async () => {
    const backgrounds = [];
    for (const colorScheme of ['light', 'dark'] as const) {
      const page = await browser.page({ colorScheme });
      await page.goto(addressOf('alice'));
      backgrounds.push(await page.evaluate('getComputedStyle(document.body).backgroundColor'));
    }
    expect(backgrounds).toEqual(['rgb(244, 246, 250)', 'rgb(18, 22, 31)']);
  });

  test('are told why they cannot come in', async () => {
    const page = await browser.page();
    await page.goto(addressOf('alice', '#alice:wrong'));
    await page.click('#login button');
    await expect
      .poll(() => textOf(page, '#login-error'), POLL)
      .toBe('Enter a valid email or username and/or password.');
    // The browser writes the 401 to the console by itself.
    expect(browser.takeTroubles()).toEqual([expect.stringContaining('401')]);
  });
});
