// Reads the Dockerfile as far as it is used here: stages of COPY and RUN, and what the image says of itself at the end.
// An instruction that is not known is an error, so that what is tested never differs from what is built.

/** `COPY [--from=STAGE] SOURCES... TARGET`. */
export type Copy = {
  readonly kind: 'copy';
  readonly from: string | undefined;
  readonly sources: readonly string[];
  readonly target: string;
};

export type Run = { readonly kind: 'run'; readonly command: string };

/** From one FROM to the next. */
export type Stage = {
  readonly name: string;
  readonly base: string;
  readonly workdir: string;
  readonly steps: readonly (Copy | Run)[];
  readonly user: string;
  readonly ports: readonly number[];
  readonly labels: readonly string[];
  readonly entrypoint: readonly string[];
  readonly command: readonly string[];
};

type Writable<Value> = { -readonly [Key in keyof Value]: Value[Key] };

/** The stages in order; the last one is the image. Throws at an instruction that is not known. */
export function parseDockerfile(text: string): readonly Stage[] {
  const stages: Writable<Stage>[] = [];
  for (const line of instructionLines(text)) {
    const [, name = '', rest = ''] = /^([A-Z]+)\s+(.+)$/.exec(line) ?? [];
    if (name === 'FROM') stages.push(newStage(rest, stages.length));
    else if (name !== 'ARG') apply(stages.at(-1), name, rest);
  }
  return stages;
}

function instructionLines(text: string): readonly string[] {
  const lines = text.split('\n').filter((line) => line.trim() !== '' && !line.startsWith('#'));
  return lines
    .join('\n')
    .replaceAll(/\s*\\\n\s*/g, ' ')
    .split('\n');
}

function newStage(from: string, index: number): Writable<Stage> {
  const [base = '', , name = String(index)] = from.split(/\s+/);
  const said = { user: '', ports: [], labels: [], entrypoint: [], command: [] };
  return { name, base, workdir: '/', steps: [], ...said };
}

function apply(stage: Writable<Stage> | undefined, name: string, rest: string): void {
  if (stage === undefined) throw new Error(`Instruction ${name} stands before the first FROM`);
  const readers: Readonly<Record<string, () => void>> = {
    WORKDIR: () => (stage.workdir = rest),
    COPY: () => (stage.steps = [...stage.steps, readCopy(rest)]),
    RUN: () => (stage.steps = [...stage.steps, { kind: 'run', command: rest }]),
    USER: () => (stage.user = rest),
    EXPOSE: () => (stage.ports = rest.split(/\s+/).map(Number)),
    LABEL: () => (stage.labels = [...rest.matchAll(/(\S+)="[^"]*"/g)].map(([, label = '']) => label)),
    ENTRYPOINT: () => (stage.entrypoint = readWords(rest)),
    CMD: () => (stage.command = readWords(rest)),
  };
  const read = readers[name];
  if (read === undefined) throw new Error(`Instruction ${name} is not known to this reader: ${rest}`);
  read();
}

function readCopy(rest: string): Copy {
  const words = rest.split(/\s+/);
  const flag = words[0]?.startsWith('--') === true ? words.shift() : undefined;
  const from = /^--from=(.+)$/.exec(flag ?? '')?.[1];
  if (flag !== undefined && from === undefined)
    throw new Error(`COPY with ${flag} is not known to this reader`);
  const target = words.pop() ?? '';
  return { kind: 'copy', from, sources: words, target };
}

/** The form without a shell: a signal then reaches the program itself. */
function readWords(rest: string): readonly string[] {
  return JSON.parse(rest) as readonly string[];
}

/**
 * Whether .dockerignore keeps a file out; the last line that matches decides. A line matches a path, all below it, and
 * with a leading `**` in any folder; `*` stays within one name.
 */
export function ignores(dockerignore: string, path: string): boolean {
  const lines = dockerignore.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return lines.reduce((isIgnored, line) => {
    const isException = line.startsWith('!');
    return matchesLine(isException ? line.slice(1) : line, path) ? !isException : isIgnored;
  }, false);
}

function matchesLine(pattern: string, path: string): boolean {
  const source = pattern
    .replaceAll(/[.+^${}()|[\]\\?]/g, String.raw`\$&`)
    .replaceAll(/\*\*\/|\*/g, (stars) => (stars === '*' ? '[^/]*' : '(?:.*/)?'));
  return new RegExp(`^${source}(?:/|$)`).test(path);
}
