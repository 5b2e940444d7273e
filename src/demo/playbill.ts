// x
import type { Stage } from './stage.ts';
import type { TourController } from './tour/world.ts';
export function playbill(stage: Stage, controller: TourController, advice: string | undefined): string {
  return `${stage.folder} ${controller.httpsPort} ${advice}\n`;
}
