// The tour: all chapters in the order of the story, and how they are run on a stage with a running controller.
import { runSteps, type StepPrinter, type TourTally } from './runner.ts';
import type { Stage } from './stage.ts';
import { admissionSteps } from './tour/admission.ts';
import { editSteps } from './tour/edits.ts';
import { rollingSteps } from './tour/rolling.ts';
import { Scene } from './tour/scene.ts';
import { signalSteps } from './tour/signals.ts';
import type { Chapter } from './tour/step.ts';
import { stickinessSteps } from './tour/stickiness.ts';
import { uploadSteps } from './tour/uploads.ts';
import { webSocketSteps } from './tour/websockets.ts';
import { type TourController, World } from './tour/world.ts';

/** Nodes go away towards the end and do not come back. */
export const TOUR: readonly Chapter<Scene>[] = [
  {
    title: 'Who may come in',
    about:
      'The office is 127.1.0.0/16 here and passes by its address, 127.3.0.0/16 is blocked, and every other address plays\n' +
      'the Internet, which has to show the secret of the apps.',
    steps: admissionSteps,
  },
  {
    title: 'WebSockets',
    about:
      'Browsers cannot send the secret with a WebSocket. The cookies of a login count there, and only there.',
    steps: webSocketSteps,
  },
  {
    title: 'Everybody stays on one node',
    about: 'By the cookie MMSTICKY, else by who they are, else by where they come from.',
    steps: [...stickinessSteps, ...uploadSteps],
  },
  {
    title: 'Changes while people are connected',
    about: 'Files are edited under 20 open WebSockets. What is wrong hurts only what it is about.',
    steps: editSteps,
  },
  {
    title: 'Nodes go away',
    about: 'As a rolling update takes them, and as a crash does.',
    steps: rollingSteps,
  },
  {
    title: 'What it tells, and what it keeps to itself',
    about: 'Metrics and log agree, and no secret of this story is in them.',
    steps: signalSteps,
  },
];

export function takeTour(stage: Stage, controller: TourController, printer: StepPrinter): Promise<TourTally> {
  const world = new World(stage, controller);
  return runSteps(TOUR, (teller) => new Scene(world, teller), printer);
}
