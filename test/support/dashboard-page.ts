// The dashboard as somebody sees it: the page in a browser, and what its parts say.
import type { Page } from 'puppeteer-core';
import { expect } from 'vitest';
import type { State } from '../../src/observe/dashboard/state.ts';
import type { ControllerProcess } from './controller-process.ts';
import { eventually } from './eventually.ts';
import type { TestBrowser, View } from './test-browser.ts';

export class DashboardPage {
  readonly page: Page;

  private constructor(page: Page) {
    this.page = page;
  }

  static async open(browser: TestBrowser, port: number, view: View = {}): Promise<DashboardPage> {
    const page = await browser.page(view);
    await page.goto(`http://localhost:${port}/`);
    return new DashboardPage(page);
  }

  /** Text as it is seen; empty where the part is hidden or absent. */
  text(selector: string): Promise<string> {
    return this.page.evaluate(
      `document.querySelector(${JSON.stringify(selector)})?.innerText ?? ''`,
    ) as Promise<string>;
  }

  /** The cells of a table, row by row, each with what stands small below it. */
  rows(list: string): Promise<readonly (readonly string[])[]> {
    return this.page.evaluate(
      `Array.from(document.querySelectorAll('#${list} tbody tr'), (row) => Array.from(row.children, (cell) => cell.innerText))`,
    ) as Promise<readonly (readonly string[])[]>;
  }

  /** Types it in, and waits until it is shown. */
  async filter(text: string): Promise<void> {
    await this.page.evaluate(
      `{ filter.value = ${JSON.stringify(text)}; filter.dispatchEvent(new Event('input')); }`,
    );
    await eventually(async () => expect((await this.text('#filtered')) === '').toBe(text === ''));
  }

  evaluate<Value>(expression: string): Promise<Value> {
    return this.page.evaluate(expression) as Promise<Value>;
  }

  close(): Promise<void> {
    return this.page.close();
  }
}

export async function stateOf(controller: ControllerProcess, query = ''): Promise<State> {
  const { body } = await controller.admin(`/api/state${query}`);
  return JSON.parse(body.toString()) as State;
}
