// The dashboard in a real browser beside a real controller: what it shows, that it goes on by itself, and who can use it.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { DashboardPage, stateOf } from '../support/dashboard-page.ts';
import { DashboardScene, HOST } from '../support/dashboard-scene.ts';
import { eventually } from '../support/eventually.ts';
import { RawConnection } from '../support/raw-client.ts';
import { TestBrowser } from '../support/test-browser.ts';

const browser = new TestBrowser();
let scene: DashboardScene;
let page: DashboardPage;

beforeAll(async () => {
  scene = await DashboardScene.start();
  for (const from of ['office', 'app', 'stranger'] as const) await scene.ask('/api/v4/system/ping', from);
});
beforeEach(async (context) => {
  browser.need(context);
  page ??= await DashboardPage.open(browser, scene.controller.adminPort);
  await eventually(async () => expect(await page.text('#updated')).toMatch(/^live/));
});
afterAll(async () => {
  await page?.close();
  await browser.stop();
  await scene.end();
});

test('it shows what /api/state says', async () => {
  // What workers counted and refused comes a moment after their answers, and who is late for once is told of.
  await eventually(async () => {
    const { backends, certificates, workers, process } = await stateOf(scene.controller);
    expect(await page.text('#readiness')).toBe('Serving');
    expect(await page.text('#process')).toContain(process.version);
    expect(await page.text('#attention')).toBe('Nothing needs attention.');
    expect((await page.rows('sites-list'))[0]).toEqual([
      HOST,
      '/',
      'open\n3 of 3 endpoints take users',
      'MattermostIngressPolicy/test/chat',
      'test/chat:8065',
    ]);
    const endpoints = backends.flatMap((backend) => backend.endpoints);
    const shown = (await page.rows('endpoints-list')).map(([name, state]) => [name, state]);
    expect(shown).toEqual(
      endpoints.map(({ name, address, port }) => [`${name}\n${address}:${port}`, 'ready']),
    );
    expect((await page.rows('certificates-list')).map(([key, days]) => [key, days])).toEqual(
      certificates.map(({ key }) => [key, '364']),
    );
    expect(await page.rows('workers-list')).toHaveLength(workers.length);
    const rules = (await page.rows('decisions-list')).map(([rule, action, , total]) => [rule, action, total]);
    expect(rules).toEqual([
      ['default\nno rule matched', 'Deny', '1'],
      ['office', 'Allow', '1'],
      ['managed-app', 'Allow', '1'],
    ]);
    expect((await page.rows('refusals-list'))[0]).toEqual([
      'admission\nrule default',
      '403',
      expect.stringMatching(/^\d\d:\d\d:\d\d$/),
      '127.0.0.x',
      `GET /api/v4/system/ping\n${HOST}`,
      'MattermostIngressPolicy/test/chat',
    ]);
  });
});

describe('without being loaded anew it shows', () => {
  test('a request', async () => {
    const before = (await stateOf(scene.controller)).traffic.total.requests;
    await scene.ask('/api/v4/config/client', 'stranger');
    await eventually(async () => expect(await page.text('#tiles')).toContain(`${before + 1} in all`));
    await eventually(async () =>
      expect((await page.rows('refusals-list'))[0]?.[4]).toContain('/api/v4/config/client'),
    );
  });

  test('WebSockets, and how an endpoint drains', async () => {
    // One goes a second: so many that a node has some left until the last look, however long that takes.
    const sockets = await scene.openWebSockets(120);
    await eventually(async () => expect(await page.text('#tiles')).toMatch(/WebSockets\n+120\n/));
    await scene.drain('mattermost-1');
    await eventually(async () => {
      const row = (await page.rows('endpoints-list')).find(([name]) => name?.startsWith('mattermost-1'));
      expect(row?.[1]).toBe('draining');
      expect(row?.[2]).toMatch(/^its pod is being stopped\n\d+ s ago, at /);
      expect(row?.[4]).toMatch(/^\d+\n[1-9]\d* of \d+ closed/);
    });
    expect(await page.text('#attention')).toMatch(/^1 endpoint drains: [1-9]\d* WebSockets? still there\./);
    await page.filter('nothing of that name');
    expect(await page.text('#attention')).toMatch(/^1 endpoint drains: [1-9]\d* WebSockets? still there\./);
    await page.filter('');
    expect(await page.text('#sites-list')).toContain('2 of 3 endpoints take users');
    await eventually(async () =>
      expect(await page.evaluate('document.title')).toBe('(1) mattermost-ingress'),
    );

    await scene.leave('mattermost-1');
    await eventually(async () => {
      const [gone] = await page.rows('endpoints-list');
      expect(gone?.slice(0, 3)).toEqual([
        expect.stringMatching(/^mattermost-1\n/),
        'left',
        expect.stringMatching(/^is no longer in the Service\n\d+ s ago, at /),
      ]);
      expect(gone?.[4]).toMatch(/^\d+\n\d+ of \d+ closed/);
    });
    expect(await page.text('#attention')).toMatch(/^1 endpoint has left: \d+ WebSockets? still there\./);
    await page.filter('nothing of that name');
    expect(await page.text('#attention')).toMatch(/^1 endpoint has left: \d+ WebSockets? still there\./);
    await page.filter('');
    for (const { socket } of sockets) socket.close();
    await eventually(async () => expect(await page.text('#attention')).toBe('Nothing needs attention.'));
    expect(await page.rows('endpoints-list')).toHaveLength(2);
  });

  test('a mistake in the objects, with its remedy', async () => {
    scene.controller.write('broken.yaml', 'apiVersion: v1\nkind: Secret\nmetadata: [<b>]\n');
    await eventually(async () => expect(await page.text('#findings-list')).toContain('error'));
    const [[object, reason, message, remedy] = []] = await page.rows('findings-list');
    const [finding] = (await stateOf(scene.controller)).configuration.findings;
    expect([object, reason, message, remedy]).toEqual([
      expect.any(String),
      `${finding?.reason}\n${finding?.severity}`,
      finding?.message,
      finding?.remedy,
    ]);
    scene.controller.remove('broken.yaml');
    await eventually(async () => expect(await page.text('#findings-list')).toContain('Nothing is wrong'));
  });
});

describe('what a client sends is text', () => {
  test.each([
    ['markup in the host', 'Host: <script>document.title=1</script>', '/', ''],
    ['markup in the path', `Host: ${HOST}`, '/<img/src=x/onerror=document.title=1>', ''],
    ['escaped markup', `Host: ${HOST}`, '/%3Cimg%20src=x%20onerror=document.title=1%3E', '%3Cimg%20src=x'],
    ['signs that turn the text around', `Host: ${HOST}`, '/%E2%80%AEgpj.exe', '%E2%80%AEgpj'],
    ['bytes that are no text', `Host: ${HOST}`, '/\u00e2\u0080\u00ae', ''],
    ['a very long path', `Host: ${HOST}`, `/${'a'.repeat(3000)}`, `/${'a'.repeat(190)}`],
    ['a query', `Host: ${HOST}`, '/query?token=SECRET', '/query'],
  ])('%s', async (_, host, path, expected) => {
    const before = (await stateOf(scene.controller)).refusals.list[0]?.at;
    const client = new RawConnection(scene.controller.raw({ serverName: HOST }));
    client.send(`GET ${path} HTTP/1.1\r\n${host}\r\nConnection: close\r\n\r\n`);
    await client.ended();
    await eventually(async () =>
      expect((await stateOf(scene.controller)).refusals.list[0]?.at).not.toBe(before),
    );
    const [newest] = (await stateOf(scene.controller)).refusals.list;
    await eventually(async () => {
      const [first] = await page.rows('refusals-list');
      expect(first?.[0]).toContain(newest?.reason);
      expect(first?.[4]).toContain(expected);
    });
    expect(await page.text('body')).not.toContain('SECRET');
    const foreign = 'document.querySelectorAll("main script, main img, main b").length';
    expect(await page.evaluate(foreign)).toBe(0);
    expect(await page.evaluate('document.title')).toContain('mattermost-ingress');
    expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
  });

  test('also where it is no path that could be sent', async () => {
    const text = await page.evaluate<string>(
      `import('/dashboard/dom.js').then(({ visible }) => visible('a\\u202eb\\u0000c<b>'))`,
    );
    expect(text).toBe('a\\u{202e}b\\u{0}c<b>');
  });
});

describe('looks', () => {
  test.each([
    [375, 'light'],
    [375, 'dark'],
    [768, 'light'],
    [1280, 'dark'],
    [2560, 'light'],
  ] as const)(
    'at %i px, %s: nothing lies beside the page, and all can be read',
    async (width, colorScheme) => {
      const other = await DashboardPage.open(browser, scene.controller.adminPort, { width, colorScheme });
      await eventually(async () => expect(await other.text('#updated')).toMatch(/^live/));
      expect(await other.evaluate('document.documentElement.scrollWidth - innerWidth')).toBeLessThanOrEqual(
        0,
      );
      expect(await other.evaluate<readonly unknown[]>(FAINT_TEXTS)).toEqual([]);
      const background = await other.evaluate('getComputedStyle(document.body).backgroundColor');
      expect(background).toBe(colorScheme === 'dark' ? 'rgb(17, 21, 27)' : 'rgb(246, 247, 249)');
      await other.close();
    },
  );
});

/** Texts with less contrast than WCAG asks for (4.5 to 1), each with what it has. */
const FAINT_TEXTS = `(() => {
  const numbers = (color) => color.match(/[0-9.]+/g).map(Number);
  const light = (color) => {
    const [r, g, b] = numbers(color).map((part) => {
      const share = part / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (element) => {
    const color = getComputedStyle(element).backgroundColor;
    return (numbers(color)[3] ?? 1) === 1 ? color : behind(element.parentElement);
  };
  const contrast = (element) => {
    const [a, b] = [light(getComputedStyle(element).color), light(behind(element))];
    return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
  };
  return Array.from(document.querySelectorAll('body *'))
    .filter((element) => element.checkVisibility() && Array.from(element.childNodes).some((node) => node.nodeType === 3 && node.textContent.trim() !== ''))
    .map((element) => [element.tagName, element.textContent.slice(0, 40), contrast(element)])
    .filter(([, , ratio]) => ratio < 4.5);
})()`;

describe('without a mouse and without eyes', () => {
  test('the first key leads past the head, and what has the focus is seen', async () => {
    await page.evaluate('document.activeElement?.blur()');
    await page.page.keyboard.press('Tab');
    expect(await page.text(':focus')).toBe('Skip to the content');
    expect(await page.evaluate('getComputedStyle(document.activeElement).outlineStyle')).toBe('solid');
    await page.page.keyboard.press('Enter');
    expect(await page.evaluate('document.activeElement.id')).toBe('main');
    const reached: string[] = [];
    await page.evaluate(
      'document.activeElement.blur(), scrollTo(0, 0), document.querySelector(".skip").focus()',
    );
    for (let presses = 0; presses < 8; presses++) {
      await page.page.keyboard.press('Tab');
      reached.push(await page.evaluate('document.activeElement.innerText || document.activeElement.id'));
    }
    const sections = [
      'Overview',
      'Sites',
      'Endpoints',
      'Admission',
      'Certificates',
      'Configuration',
      'Workers',
    ];
    expect(reached).toEqual([...sections, 'filter']);
  });

  test('the focus stays while the page goes on', async () => {
    await page.page.focus('#filter');
    const before = await page.text('#updated');
    await eventually(async () => expect(await page.text('#updated')).not.toBe(before));
    expect(await page.evaluate('document.activeElement.id')).toBe('filter');
  });

  test('everything has a role and a name', async () => {
    const tree = await page.page.accessibility.snapshot({ interestingOnly: false });
    const named: string[] = [];
    const walk = (node: typeof tree): void => {
      if (node?.name !== undefined && node.name !== '') named.push(`${node.role}: ${node.name}`);
      for (const child of node?.children ?? []) walk(child);
    };
    walk(tree);
    expect(named).toEqual(
      expect.arrayContaining([
        'navigation: Sections',
        'searchbox: Filter',
        'heading: mattermost-ingress',
        'heading: Endpoints',
        'region: Admission',
        'list: What needs attention',
        'table: Nodes of Mattermost, those with news first',
        'columnheader: WebSockets',
        expect.stringMatching(
          /^image: requests a second: now [\d.]+, highest [\d.]+; over the last \d+ minutes?\.$/,
        ),
      ]),
    );
  });
});

describe('the filter', () => {
  test('leaves what has the text, and says so where nothing has', async () => {
    await page.page.type('#filter', 'mattermost-2');
    await eventually(async () => expect(await page.text('#filtered')).toBe('0 sites, 1 Service match'));
    expect(await page.text('#sites-list')).toContain('Nothing here matches the filter');
    await page.evaluate('document.getElementById("filter").value = ""');
    await eventually(async () => expect(await page.rows('sites-list')).toHaveLength(1));
    expect(await page.text('#filtered')).toBe('');
  });
});

test('nobody complained, not the policy of contents either', () => {
  expect(browser.takeTroubles()).toEqual([]);
});
