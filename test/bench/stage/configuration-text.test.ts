// How the committed configurations of other proxies are filled in.
import { expect, test } from 'vitest';
import { filledIn } from './configuration-text.ts';

const TEMPLATE =
  'listen {{port}}\n    {{accessLog}} log {{folder}}/log\n    {{noAccessLog}} log off\n    {{limited}} limit 5\n';

test.each([
  [true, true, 'listen 80\n    log /run/log\n    limit 5\n'],
  [false, false, 'listen 80\n    log off\n'],
])('fills in facts and chooses lines; access log: %j, limited: %j', (hasAccessLog, isLimited, text) => {
  expect(filledIn(TEMPLATE, { port: 80, folder: '/run' }, { hasAccessLog, isLimited })).toBe(text);
});

test('refuses a name that nobody knows', () => {
  expect(() => filledIn('{{prot}}', { port: 80 }, { hasAccessLog: false, isLimited: false })).toThrow(
    'asks for prot',
  );
});
