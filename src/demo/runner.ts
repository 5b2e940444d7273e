// Runs the chapters of the tour, step by step; what is told of each goes to the printer.
import { type Chapter, type Step, PromiseBroken, type Teller } from './tour/step.ts';

export type StepResult = { readonly kind: 'kept' } | { readonly kind: 'broken'; readonly why: string };

/** Hears of the steps in order: `chapter` before the first one of each, `begin`, words of the step, `end`. */
export type StepPrinter = Teller & {
  chapter(title: string, about: string): void;
  begin(number: number, name: string): void;
  end(result: StepResult): void;
  summary(tally: TourTally): void;
};

export type TourTally = {
  readonly steps: number;
  /** Names of the steps that were not as promised. */
  readonly broken: readonly string[];
};

const STEP_TIMEOUT_MS = 60_000;

/** Runs them all, whatever becomes of one. @param makeScene what a step acts on */
export async function runSteps<Scene>(
  chapters: readonly Chapter<Scene>[],
  makeScene: (teller: Teller) => Scene,
  printer: StepPrinter,
  timeoutMs = STEP_TIMEOUT_MS,
): Promise<TourTally> {
  const broken: string[] = [];
  let number = 0;
  for (const { title, about, steps } of chapters) {
    printer.chapter(title, about);
    for (const step of steps) {
      printer.begin(++number, step.name);
      const result = await runStep(step, makeScene(printer), timeoutMs);
      if (result.kind === 'broken') broken.push(step.name);
      printer.end(result);
    }
  }
  const tally = { steps: number, broken };
  printer.summary(tally);
  return tally;
}

async function runStep<Scene>(step: Step<Scene>, scene: Scene, timeoutMs: number): Promise<StepResult> {
  const timeUp = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => timeUp.reject(new PromiseBroken(`Not done within ${timeoutMs / 1_000} s`)),
    timeoutMs,
  );
  try {
    await Promise.race([step.run(scene), timeUp.promise]);
    return { kind: 'kept' };
  } catch (error) {
    return { kind: 'broken', why: reasonOf(error) };
  } finally {
    clearTimeout(timer);
  }
}

function reasonOf(error: unknown): string {
  if (error instanceof PromiseBroken) return error.message;
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}
