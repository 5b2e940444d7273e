// Numbers and times as people read them.

const NUMBER = new Intl.NumberFormat('en');
const SECONDS_OF = /** @type {const} */ ([
  ['d', 86_400],
  ['h', 3_600],
  ['min', 60],
  ['s', 1],
]);

/** @param {number} value */
export function count(value) {
  return NUMBER.format(value);
}

/**
 * @param {number} value
 * @param {string} one
 * @param {string} many
 */
export function counted(value, one, many = `${one}s`) {
  return `${count(value)} ${value === 1 ? one : many}`;
}

/** Of a rate or a time: three digits say enough. @param {number} value */
export function short(value) {
  if (value === 0) return '0';
  if (value < 10) return value.toFixed(value < 1 ? 2 : 1);
  return NUMBER.format(Math.round(value));
}

/** @param {number | null} value */
export function milliseconds(value) {
  if (value === null) return '–';
  return value < 1000 ? `${short(value)}\u00a0ms` : `${short(value / 1000)}\u00a0s`;
}

/** @param {number} part */
export function percent(part) {
  const value = part * 100;
  return `${value === 0 || value >= 10 ? Math.round(value) : value.toFixed(value < 1 ? 2 : 1)}\u00a0%`;
}

/** @param {number} bytes */
export function mebibytes(bytes) {
  return `${count(Math.round(bytes / 1024 / 1024))}\u00a0MiB`;
}

/** The largest unit, and the next one where the first is small: `2 d 4 h`, `35 s`. @param {number} seconds */
export function duration(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  const at = SECONDS_OF.findIndex(([, unit]) => whole >= unit);
  if (at === -1) return '0 s';
  const parts = [];
  let left = whole;
  for (const [name, unit] of SECONDS_OF.slice(at, at + 2)) {
    const times = Math.floor(left / unit);
    left -= times * unit;
    if (times > 0) parts.push(`${times} ${name}`);
  }
  return parts.join(' ');
}

/** @param {number} epochMs */
export function clockTime(epochMs) {
  return new Date(epochMs).toLocaleTimeString('en-GB');
}

/** @param {string} text  @param {number} nowMs */
export function secondsSince(text, nowMs) {
  return (nowMs - Date.parse(text)) / 1000;
}
