// Text of clients made fit for a log line: bounded, pure ASCII, and without what is a secret in Mattermost's paths.

const PLAIN = /^[\x20\x21\x23-\x5b\x5d-\x7e]*$/;
const NOT_PLAIN = /["\\]|[^\x20-\x7e]/g;

/**
 * A JSON string. Quotes, control characters, lone surrogates and all that is not ASCII are escaped by code unit,
 * so that length is bytes and a reader of any encoding sees the same; what is longer than `maxLength` ends in `...`.
 */
export function quoted(text: string, maxLength: number): string {
  const bounded = text.length > maxLength ? `${text.slice(0, maxLength)}...` : text;
  return PLAIN.test(bounded) ? `"${bounded}"` : `"${bounded.replace(NOT_PLAIN, escaped)}"`;
}

function escaped(unit: string): string {
  if (unit === '"' || unit === '\\') return `\\${unit}`;
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

/**
 * What follows these segments is a password of its own: the id of a webhook, an invitation, a public file link.
 * In any case and with path parameters, since a link that is misspelt still holds the secret.
 */
const SECRET_FOLLOWS =
  /(?:^|[/\\])(?:hooks|invites?|signup_user_complete|files[/\\]+[^/\\]+[/\\]+public)(?:;[^/\\]*)?[/\\]+(?=[^/\\])/i;

/**
 * The path of a request target for the log: no query, and `***` for secret segments. Escapes are undone before the
 * look (twice, for a proxy in between may have escaped again), and the path is then shown as it was understood.
 */
export function loggablePath(target: string): string {
  const path = beforeQuery(target);
  if (!path.includes('%')) return withoutSecrets(path);
  const once = unescaped(path);
  const understood = once.includes('%') ? unescaped(once) : once;
  const shown = withoutSecrets(beforeQuery(understood));
  return shown === understood ? path : shown;
}

function withoutSecrets(path: string): string {
  const found = SECRET_FOLLOWS.exec(path);
  return found === null ? path : `${path.slice(0, found.index + found[0].length)}***`;
}

function beforeQuery(target: string): string {
  const query = target.indexOf('?');
  const path = query === -1 ? target : target.slice(0, query);
  const fragment = path.indexOf('#');
  return fragment === -1 ? path : path.slice(0, fragment);
}

/** Total, unlike decodeURIComponent: what is no escape stays. */
function unescaped(text: string): string {
  return text.replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}
