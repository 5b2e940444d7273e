// How the committed configurations of other proxies are filled in.
import { expect, test } from 'vitest';
import { filledIn } from './configuration-text.ts';

const TEMPLATE = 'listen {{port}}\n    {{accessLog}} log {{folder}}/log\n    {{noAccessLog}} log off\n';

test.each([
  [true, 'listen 80\n    log /run/log\n'],
  [false, 'listen 80\n    log off\n'],
])('fills in facts and chooses lines; access log: %j', (hasAccessLog, text) => {
  expect(filledIn(TEMPLATE, { port: 80, folder: '/run' }, hasAccessLog)).toBe(text);
});

test('refuses a name that nobody knows', () => {
  expect(() => filledIn('{{prot}}', { port: 80 }, false)).toThrow('asks for prot');
});
