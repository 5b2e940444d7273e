// Comparing resource versions: numbers of any length, in order within a kind (Kubernetes 1.35, KEP-5504).
// A server whose versions are no numbers is believed in the order in which it speaks.

const digits = /^[1-9][0-9]*$/;

/** Whether the first version is surely older than the second. */
export function isOlder(first: string, second: string): boolean {
  if (!digits.test(first) || !digits.test(second)) return false;
  return first.length === second.length ? first < second : first.length < second.length;
}
