// The fenced blocks of a guide, for the test that tries them (test/feature/guides.test.ts).
//
// How a guide marks its blocks: by a comment of its own line right before the fence, which no reader sees.
//   <!-- file: policy.yaml -->     the block is this file, for the commands of the guide; later ones may replace it
//   <!-- run -->                   a script for `sh -e` in the folder of those files, where `mattermost-ingress` and
//                                  `npx node src/main.ts` are this program; it must end with 0
//   <!-- run: 1 -->                the same, and it must end with 1
//   <!-- output -->                what the last script printed, both streams, line by line; a line … stands for any lines
//   <!-- not tried: WHY -->        nothing is done with the block
// Blocks run in their order. Without a mark:
//   ```yaml   goes through what `check --allow-missing` does; a fragment of a policy (`spec:`, or fields of it) is made whole before,
//             and any other YAML must be YAML
//   ```sh     each call of the program in it must name a command and options that exist
const FENCE = /^(?:<!-- (?<mark>[^>]*?) -->\n)?```(?<language>[a-z]*)\n(?<text>[\s\S]*?)^```$/gmu;

type GuideMark =
  | { readonly kind: 'none' }
  | { readonly kind: 'file'; readonly name: string }
  | { readonly kind: 'run'; readonly exitCode: number }
  | { readonly kind: 'output' }
  | { readonly kind: 'not-tried' };

export type GuideBlock = {
  /** Of the fence, from 1. */
  readonly line: number;
  readonly language: string;
  readonly mark: GuideMark;
  readonly text: string;
};

/** All fenced blocks of a Markdown text in their order. Throws on a mark that is none. */
export function guideBlocks(markdown: string): readonly GuideBlock[] {
  return [...markdown.matchAll(FENCE)].map((match) => {
    const { mark = '', language = '', text = '' } = match.groups ?? {};
    const before = markdown.slice(0, match.index).split('\n').length;
    const line = mark === '' ? before : before + 1;
    return { line, language, mark: readMark(mark, line), text };
  });
}

function readMark(text: string, line: number): GuideMark {
  const [word = '', rest = ''] = text.split(/: (.*)/u);
  const known: Readonly<Record<string, readonly [RegExp, GuideMark]>> = {
    '': [/^$/u, { kind: 'none' }],
    output: [/^$/u, { kind: 'output' }],
    run: [/^\d*$/u, { kind: 'run', exitCode: Number(rest) }],
    file: [/^[\w.-]+$/u, { kind: 'file', name: rest }],
    'not tried': [/./u, { kind: 'not-tried' }],
  };
  const [form, mark] = known[word] ?? [];
  if (form?.test(rest) === true && mark !== undefined) return mark;
  throw new Error(`Line ${line - 1}: a comment right before a block is a mark, and this is none: ${text}`);
}

/** True if the lines are those expected, where a line … of the expected ones stands for any number of lines. */
export function matchesOutput(actual: string, expected: string): boolean {
  const linesOf = (text: string) =>
    text
      .trimEnd()
      .split('\n')
      .map((line) => line.trimEnd());
  return matchLines(linesOf(actual), linesOf(expected));
}

function matchLines(actual: readonly string[], [first, ...rest]: readonly string[]): boolean {
  if (first === undefined) return actual.length === 0;
  if (first.trim() !== '…') return actual[0] === first && matchLines(actual.slice(1), rest);
  return actual.some((_line, at) => matchLines(actual.slice(at), rest)) || rest.length === 0;
}

/** The pattern of an answer that a page shows in its n-th ```http block, where … stands for anything. */
export function shownAnswer(markdown: string, at: number): RegExp {
  const block = guideBlocks(markdown).filter(({ language }) => language === 'http')[at];
  if (block === undefined) throw new Error(`The page shows no answer ${at}`);
  const pieces = block.text.trimEnd().split('…');
  const escaped = pieces.map((text) => text.replaceAll(/[\\^$.*+?()[\]{}|]/gu, String.raw`\$&`));
  return new RegExp(`^${escaped.join('[^]*?').replaceAll('\n', String.raw`\r?\n`)}\\s*$`, 'u');
}

/** The calls of the program in a shell script: its command (with that below it) and its options, continued lines joined. */
export function programCalls(
  script: string,
): readonly { readonly command: string; readonly flags: readonly string[] }[] {
  const lines = script
    .replaceAll(/\\\n\s*/gu, ' ')
    .replaceAll(/(^|\s)#.*$/gmu, '')
    .split('\n');
  const call =
    /(?:^|[|;&(]\s*|-- )(?:node \/app\/src\/main\.ts|npx node src\/main\.ts|mattermost-ingress) (?<rest>[a-z-][^|;&>)]*)/gu;
  return lines
    .flatMap((line) => [...line.matchAll(call)])
    .map(({ groups }) => {
      const words = (groups?.['rest'] ?? '').trim().split(/\s+/u);
      const flagAt = words.findIndex((word) => !/^[a-z][a-z0-9]*$/u.test(word));
      return {
        command: words.slice(0, flagAt === -1 ? words.length : flagAt).join(' '),
        flags: words.flatMap((word) => /^--[a-z][a-z-]*/u.exec(word) ?? []),
      };
    });
}
