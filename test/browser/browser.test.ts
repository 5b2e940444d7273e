// The browser of the tests itself: it shows pages of this machine only, and tells what they complain about.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { TestBrowser } from '../support/test-browser.ts';

const browser = new TestBrowser();
const server = createServer((_, response) => {
  response.writeHead(200, { 'Content-Type': 'text/html', 'Content-Security-Policy': "script-src 'self'" });
  response.end('<!doctype html><title>Page</title><link rel="icon" href="data:,"><script>alert(1)</script>');
});

beforeAll(async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  server.listen(0, '127.0.0.1', resolve);
  await promise;
});
afterAll(async () => {
  server.close();
  await browser.stop();
});
beforeEach((context) => browser.need(context));

test('a page at any name comes from this machine, and what it complains about is told', async () => {
  const page = await browser.page();
  await page.goto(`http://chat.example.com:${(server.address() as AddressInfo).port}/`);
  expect(await page.title()).toBe('Page');
  await eventually(() =>
    expect(browser.takeTroubles()).toEqual([expect.stringContaining('Content Security Policy')]),
  );
});

test('complaints that nobody took note of fail the file', async () => {
  const page = await browser.page();
  await page.evaluate("console.error('unexpected')");
  await expect(browser.stop()).rejects.toThrow('error: unexpected');
});
