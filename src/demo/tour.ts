// The tour: all steps in the order of the story, and how they are run on a stage with a running controller.
import { runSteps, type StepPrinter, type TourTally } from './runner.ts';
import type { Stage } from './stage.ts';
import { admissionSteps } from './tour/admission.ts';
import { editSteps } from './tour/edits.ts';
import { rollingSteps } from './tour/rolling.ts';
import { Scene } from './tour/scene.ts';
import { signalSteps } from './tour/signals.ts';
import type { Step } from './tour/step.ts';
import { stickinessSteps } from './tour/stickiness.ts';
import { uploadSteps } from './tour/uploads.ts';
import { webSocketSteps } from './tour/websockets.ts';
import { type TourController, World } from './tour/world.ts';

/** Nodes go away towards the end and do not come back. */
export const TOUR: readonly Step<Scene>[] = [
  ...admissionSteps,
  ...webSocketSteps,
  ...stickinessSteps,
  ...uploadSteps,
  ...editSteps,
  ...rollingSteps,
  ...signalSteps,
];

export function takeTour(stage: Stage, controller: TourController, printer: StepPrinter): Promise<TourTally> {
  const world = new World(stage, controller);
  return runSteps(TOUR, (teller) => new Scene(world, teller), printer);
}
