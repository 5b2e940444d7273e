// The steps one after another: what becomes of each, and what the printer hears of it.
import { expect, test } from 'vitest';
import { runSteps, type StepPrinter } from './runner.ts';
import { type Chapter, expectSame, expectThat, type Step, type Teller } from './tour/step.ts';

/** Writes down what a printer hears. */
function createListener(): { readonly heard: unknown[]; readonly printer: StepPrinter } {
  const heard: unknown[] = [];
  const printer: StepPrinter = {
    chapter: (title, about) => void heard.push(['chapter', title, about]),
    begin: (number, name) => void heard.push(['begin', number, name]),
    note: (text) => void heard.push(['note', text]),
    progress: (text) => void heard.push(['progress', text]),
    end: (result) => void heard.push(['end', result]),
    summary: (tally) => void heard.push(['summary', tally]),
  };
  return { heard, printer };
}

function chapterOf(...steps: readonly Step<Teller>[]): Chapter<Teller> {
  return { title: 'Title', about: 'about it', steps };
}

test('steps run in order, whatever becomes of one of them', async () => {
  const { heard, printer } = createListener();
  const chapters = [
    chapterOf(
      { name: 'good', run: async (teller) => teller.note('a') },
      { name: 'bad', run: async () => expectSame('status', 200, 403) },
    ),
    chapterOf({ name: 'good again', run: async (teller) => teller.progress('b') }),
  ];
  const tally = { steps: 3, broken: ['bad'] };
  expect(await runSteps(chapters, (teller) => teller, printer)).toEqual(tally);
  expect(heard).toEqual([
    ['chapter', 'Title', 'about it'],
    ['begin', 1, 'good'],
    ['note', 'a'],
    ['end', { kind: 'kept' }],
    ['begin', 2, 'bad'],
    ['end', { kind: 'broken', why: 'status: 403 was promised, 200 came' }],
    ['chapter', 'Title', 'about it'],
    ['begin', 3, 'good again'],
    ['progress', 'b'],
    ['end', { kind: 'kept' }],
    ['summary', tally],
  ]);
});

test.each<[string, Step<Teller>['run'], string | undefined]>([
  ['kept', async () => expectSame('nodes', ['a'], ['a']), undefined],
  ['a difference', async () => expectSame('nodes', ['a'], ['b']), 'nodes: ["b"] was promised, ["a"] came'],
  ['nothing', async () => expectSame('cookie', undefined, 'x'), 'cookie: "x" was promised, nothing came'],
  ['a falsehood', async () => expectThat('water is dry', false), 'Not so: water is dry'],
  ['an error', () => Promise.reject(new TypeError('bug')), 'TypeError: bug'],
  ['something else', () => Promise.reject('text'), 'text'],
  ['no end', () => new Promise(() => {}), 'Not done within 0.02 s'],
  [
    'an error before anything was awaited',
    () => {
      throw new Error('early');
    },
    'Error: early',
  ],
])('what becomes of a step: %s', async (_, run, why) => {
  const { heard, printer } = createListener();
  const { broken } = await runSteps([chapterOf({ name: 'one', run })], (teller) => teller, printer, 20);
  expect(broken).toEqual(why === undefined ? [] : ['one']);
  expect(heard).toContainEqual(['end', why === undefined ? { kind: 'kept' } : { kind: 'broken', why }]);
});
