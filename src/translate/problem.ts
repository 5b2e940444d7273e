// A finding before it is known whose it is: what every compiling step of translate/ hands back.
import type { Finding, ObjectReference } from '../model/finding.ts';

/** What is wrong, without the object: one compiled part may serve several policies. */
export type Problem = Omit<Finding, 'object' | 'location'>;

/** Takes what a step finds; the caller decides whose it is. */
export type Report = (problem: Problem) => void;

/** The problem as a finding of that object. */
export function findingOf(object: ObjectReference, problem: Problem): Finding {
  return { ...problem, object };
}
