// One real Chromium for a test file. It reaches this machine only, and a page that complains fails the test file.
import puppeteer, { type Browser, type Page } from 'puppeteer-core';
import type { TestContext } from 'vitest';
import { type Chromium, findChromium } from './chromium.ts';

const ARGUMENTS = [
  // Tests run as root in containers, and show pages of their own only.
  '--no-sandbox',
  '--no-zygote',
  '--disable-gpu',
  '--disable-dev-shm-usage',
  '--font-render-hinting=none',
  '--force-color-profile=srgb',
  // Every name leads to this machine, so that a page at https://chat.example.com:PORT is one of ours.
  '--host-resolver-rules=MAP * 127.0.0.1',
];

export type View = {
  readonly width?: number;
  readonly height?: number;
  readonly colorScheme?: 'light' | 'dark';
  /** `reduce` asks pages to keep still. */
  readonly motion?: 'no-preference' | 'reduce';
};

/** Starts with its first page; pages share nothing, neither cookies nor storage. */
export class TestBrowser {
  readonly #chromium: Chromium = findChromium();
  #browser: Browser | undefined;
  #troubles: string[] = [];

  /** Skips the test where this machine has no Chromium. */
  need(context: TestContext): void {
    if (this.#chromium.kind === 'absent') context.skip(this.#chromium.reason);
  }

  /** A page without history; certificates of any authority are taken. */
  async page({ width = 1280, height = 800, colorScheme, motion }: View = {}): Promise<Page> {
    const browser = (this.#browser ??= await this.#start());
    const context = await browser.createBrowserContext();
    const page = await context.newPage();
    await page.setViewport({ width, height });
    await page.emulateMediaFeatures([
      { name: 'prefers-color-scheme', value: colorScheme ?? 'light' },
      { name: 'prefers-reduced-motion', value: motion ?? 'reduce' },
    ]);
    this.#listen(page);
    return page;
  }

  /** What pages complained about since the last call: errors and warnings of the console, errors nobody caught. */
  takeTroubles(): readonly string[] {
    const troubles = this.#troubles;
    this.#troubles = [];
    return troubles;
  }

  /** Ends the browser; rejects where a page complained and no test took note of it. */
  async stop(): Promise<void> {
    await this.#browser?.close();
    const troubles = this.takeTroubles();
    if (troubles.length > 0) throw new Error(`Pages complained:\n${troubles.join('\n')}`);
  }

  async #start(): Promise<Browser> {
    if (this.#chromium.kind === 'absent') throw new Error(this.#chromium.reason);
    const { executablePath, environment } = this.#chromium;
    return await puppeteer.launch({
      executablePath,
      env: environment,
      headless: 'shell',
      // Ends with the test, even where that is killed.
      pipe: true,
      args: ARGUMENTS,
      acceptInsecureCerts: true,
    });
  }

  #listen(page: Page): void {
    page.on('console', (message) => {
      const type = message.type();
      if (type === 'error' || type === 'warn') this.#troubles.push(`${type}: ${message.text()}`);
    });
    page.on('pageerror', (error) => this.#troubles.push(`uncaught: ${String(error)}`));
  }
}
