// The reader of the Dockerfile and of .dockerignore says what Docker would.
import { expect, test } from 'vitest';
import { ignores, parseDockerfile } from './dockerfile.ts';

const LISTED = '# comment\n*\n!src\n!package.json\n**/*.test.ts\n**/test-*.ts\n!src/kept.test.ts\n';

test.each([
  ['src/main.ts', false],
  ['src/api/policy.ts', false],
  ['package.json', false],
  ['src/main.test.ts', true],
  ['src/api/policy.test.ts', true],
  ['src/decide/test-objects.ts', true],
  ['src/decide/latest-objects.ts', false],
  ['src/kept.test.ts', false],
  ['srcs/main.ts', true],
  ['docs/src/main.ts', true],
  ['.env', true],
  ['package.json5', true],
])('%s is left out: %s', (path, isLeftOut) => {
  expect(ignores(LISTED, path)).toBe(isLeftOut);
});

test('stages, steps and what the image says of itself', () => {
  const text = `ARG BASE=x
FROM \${BASE} AS first
WORKDIR /app
# a comment
COPY one two ./
RUN one \\
    two

FROM \${BASE}
LABEL a.b="c d" \\
      e="\${F}"
COPY --from=first /app/x y
USER 1:2
EXPOSE 1 2
ENTRYPOINT ["node", "/app/x"]
CMD ["run"]
`;
  expect(parseDockerfile(text)).toEqual([
    {
      name: 'first',
      base: '${BASE}',
      workdir: '/app',
      steps: [
        { kind: 'copy', from: undefined, sources: ['one', 'two'], target: './' },
        { kind: 'run', command: 'one two' },
      ],
      user: '',
      ports: [],
      labels: [],
      entrypoint: [],
      command: [],
    },
    {
      name: '1',
      base: '${BASE}',
      workdir: '/',
      steps: [{ kind: 'copy', from: 'first', sources: ['/app/x'], target: 'y' }],
      user: '1:2',
      ports: [1, 2],
      labels: ['a.b', 'e'],
      entrypoint: ['node', '/app/x'],
      command: ['run'],
    },
  ]);
});

test.each([
  ['FROM x\nVOLUME /x', 'Instruction VOLUME is not known'],
  ['FROM x\nCOPY --chown=1 a b', 'COPY with --chown=1 is not known'],
  ['FROM x\nENTRYPOINT node', 'not valid JSON'],
  ['COPY a b', 'before the first FROM'],
  ['FROM x\nhello', 'Instruction  is not known'],
])('%j is refused', (text, message) => {
  expect(() => parseDockerfile(text)).toThrow(message);
});
