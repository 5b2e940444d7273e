// A step of the tour, and the word for what was not as promised. runner.ts runs steps, scene.ts is what they act on.

/** Where a step tells what happens. */
export type Teller = {
  /** A line that stays. */
  note(text: string): void;
  /** How far a long step has come; shown on a terminal only, until the next word. */
  progress(text: string): void;
};

/** One promise: `run` rejects if it is not kept. Steps do not depend on each other, but the order is a story. */
export type Step<Scene> = {
  readonly name: string;
  readonly run: (scene: Scene) => Promise<void>;
};

/** Steps that tell one thing. */
export type Chapter<Scene> = {
  readonly title: string;
  /** What the reader has to know, in a sentence or two. */
  readonly about: string;
  readonly steps: readonly Step<Scene>[];
};

/** Something came out differently than promised; everything else that a step throws was not expected either. */
export class PromiseBroken extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'PromiseBroken';
  }
}

/** Both are compared as JSON. */
export function expectSame(what: string, came: unknown, promised: unknown): void {
  const [a, b] = [came, promised].map((value) => JSON.stringify(value) ?? 'nothing');
  if (a !== b) throw new PromiseBroken(`${what}: ${b} was promised, ${a} came`);
}

export function expectThat(what: string, isSo: boolean): void {
  if (!isSo) throw new PromiseBroken(`Not so: ${what}`);
}
