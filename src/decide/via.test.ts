// Via: what the backend is told of the way here, and the end of a way that is a circle (row X5).
import { describe, expect, test } from 'vitest';
import { request } from './test-objects.ts';
import { isLooping, viaValue } from './via.ts';

const OURS = '1.1 mattermost-ingress';

describe('what the backend is told', () => {
  test.each([
    ['nobody before us', [], OURS],
    ['another proxy', ['Via: 1.1 edge'], `1.1 edge, ${OURS}`],
    [
      'several, on several lines',
      ['Via: 2 cdn ,1.1 edge', 'Via: 1.1 hub'],
      `2 cdn, 1.1 edge, 1.1 hub, ${OURS}`,
    ],
    ['ourselves', [`via: ${OURS}`], `${OURS}, ${OURS}`],
  ])('%s', (_, lines, wanted) => {
    expect(viaValue(request('GET /', lines))).toBe(wanted);
  });
});

describe('a circle', () => {
  test.each([
    [0, false],
    [1, false],
    [3, false],
    [4, true],
    [9, true],
  ])('%i passes: %s', (passes, wanted) => {
    const inOneLine = request('GET /', [`Via: ${Array(passes).fill(OURS).join(', ')}`]);
    const inMany = request('GET /', Array<string>(passes).fill(`Via: ${OURS}`));
    expect([isLooping(inOneLine), isLooping(inMany)]).toEqual([wanted, wanted]);
  });

  test.each(['1.1 not-mattermost-ingress', '1.1 mattermost-ingress.example', 'mattermost-ingress'])(
    'others are not us: %s',
    (hop) => {
      expect(isLooping(request('GET /', Array<string>(8).fill(`Via: ${hop}`)))).toBe(false);
    },
  );
});
