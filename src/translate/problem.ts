// A finding before it is known whose it is: what every compiling step of translate/ hands back.
import type { Finding, ObjectReference } from '../model/finding.ts';

/** What is wrong; without the object it is that of the place it was found for. */
export type Problem = Omit<Finding, 'location'>;

/** Takes what a step finds; the caller decides whose it is. */
export type Report = (problem: Problem) => void;

/** The problem as a finding of that object, unless it names another. */
export function findingOf(object: ObjectReference, problem: Problem): Finding {
  return { ...problem, object: problem.object ?? object };
}
