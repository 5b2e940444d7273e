// What one worker serves already, the others may not: a request that is answered as it should be speaks for one of them.
import type { ControllerProcess } from '../../support/controller-process.ts';

/** Resolves when all workers serve what any of them has been given by now. */
export async function isServedByAll(controller: ControllerProcess): Promise<void> {
  const given = (await controller.metrics()).sum('configuration_generation');
  await controller.logged(
    ({ msg, generation }) => msg === 'configuration served' && Number(generation) >= given,
  );
}
