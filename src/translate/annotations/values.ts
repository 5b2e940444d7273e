// Values of annotations as ingress-nginx reads them, and as a policy spells the same. Used by annotations-*.ts.

const trueWords: readonly string[] = ['1', 't', 'true', 'on'];
const falseWords: readonly string[] = ['0', 'f', 'false', 'off'];
const SIZE = /^(?<count>[0-9]{1,12})(?<unit>[bkmg]?)$/u;
const SECONDS = /^(?<count>[0-9]{1,9})s?$/u;
const units: Readonly<Record<string, string>> = { k: 'Ki', m: 'Mi', g: 'Gi' };

/** true or false, also on and off, in any case; undefined for anything else. */
export function readSwitch(text: string): boolean | undefined {
  const word = text.toLowerCase();
  if (trueWords.includes(word)) return true;
  return falseWords.includes(word) ? false : undefined;
}

/** A size in nginx's units, where `50m` is 50 MiB, as a policy spells it; undefined if it is none. */
export function readSize(text: string): string | undefined {
  const { count, unit = '' } = SIZE.exec(text.toLowerCase())?.groups ?? {};
  if (count === undefined) return undefined;
  const number = Number(count);
  return number === 0 ? '0' : `${number}${units[unit] ?? ''}`;
}

/** Whole seconds, bare or with `s`; undefined for anything else. */
export function readSeconds(text: string): number | undefined {
  const count = SECONDS.exec(text.toLowerCase())?.groups?.['count'];
  return count === undefined ? undefined : Number(count);
}

/** Whole seconds as a policy spells a duration (GEP-2257: at most five digits a unit). */
export function formatSeconds(seconds: number): string {
  if (seconds < 100_000) return `${seconds}s`;
  const [hours, rest] = [Math.floor(seconds / 3600), seconds % 3600];
  return rest === 0 ? `${hours}h` : `${hours}h${rest}s`;
}
