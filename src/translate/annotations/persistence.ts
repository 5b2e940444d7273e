// Annotations about affinity -> spec.sessionPersistence. What is not said is left to the defaults of a policy.
import type { SessionPersistence } from '../../api/policy.ts';
import { ownCookieName, sitePath } from '../../api/text-forms.ts';
import type { TextForm } from '../../api/schema-node.ts';
import { type AnnotationReader, NGINX_PREFIX } from './reader.ts';
import { formatSeconds, readSeconds } from './values.ts';

type Cookie = NonNullable<SessionPersistence['cookie']>;

const sourceVariables: readonly string[] = [
  '$remote_addr',
  '$binary_remote_addr',
  '${remote_addr}',
  '${binary_remote_addr}',
];
const sameSites: readonly NonNullable<Cookie['sameSite']>[] = ['Lax', 'Strict', 'None'];
/** Bounds of absoluteTimeout; browsers keep no cookie longer than the larger. */
const [minLifetime, maxLifetime] = [60, 9600 * 3600];

/** How clients are kept on a node. A cookie beats a hash, as in ingress-nginx. */
export function readPersistence(reader: AnnotationReader): SessionPersistence | undefined {
  const wantsCookie = readAffinity(reader);
  const isBySource = readHash(reader);
  if (isBySource && !wantsCookie) return { type: 'SourceAddress' };
  const lifetime = readLifetime(reader);
  const cookie: Cookie = {
    ...readName(reader),
    ...readPath(reader),
    ...readSameSite(reader),
    ...(lifetime === undefined ? {} : { lifetimeType: 'Permanent' }),
  };
  const hasCookie = Object.keys(cookie).length > 0;
  if (!wantsCookie && !hasCookie) return undefined;
  return {
    type: 'Cookie',
    ...(hasCookie ? { cookie } : {}),
    ...(lifetime === undefined ? {} : { absoluteTimeout: lifetime }),
  };
}

function readAffinity(reader: AnnotationReader): boolean {
  const text = reader.get('affinity');
  if (text === undefined) return false;
  if (text.toLowerCase() === 'cookie') return true;
  reader.invalid(`${NGINX_PREFIX}affinity`, {
    text: 'is not cookie; clients are kept on a node by the defaults',
    remedy: 'Write cookie, or say another type with spec.sessionPersistence of a policy',
  });
  return false;
}

function readHash(reader: AnnotationReader): boolean {
  const text = reader.get('upstream-hash-by');
  if (text === undefined) return false;
  if (sourceVariables.includes(text)) return true;
  reader.unsupported(
    `${NGINX_PREFIX}upstream-hash-by`,
    'Write $remote_addr, or say it with spec.sessionPersistence of a policy',
    'is known with $remote_addr and $binary_remote_addr only; clients are kept on a node by the defaults',
  );
  return false;
}

function readName(reader: AnnotationReader): Pick<Cookie, 'name'> {
  const text = reader.get('session-cookie-name');
  if (text === undefined) return {};
  if (isOfForm(text, ownCookieName)) return { name: text };
  reader.invalid(`${NGINX_PREFIX}session-cookie-name`, {
    text: 'is not a name we may give a cookie; the default is used',
    remedy: `Write ${ownCookieName.hint}, and not the name of a cookie of Mattermost`,
  });
  return {};
}

function readPath(reader: AnnotationReader): Pick<Cookie, 'path'> {
  const text = reader.get('session-cookie-path');
  if (text === undefined) return {};
  const path = text === '/' ? text : text.replace(/\/$/u, '');
  if (isOfForm(path, sitePath)) return { path };
  reader.invalid(`${NGINX_PREFIX}session-cookie-path`, {
    text: 'is not a path we may give a cookie; the path of the Ingress is used',
    remedy: `Write ${sitePath.hint}`,
  });
  return {};
}

function readSameSite(reader: AnnotationReader): Pick<Cookie, 'sameSite'> {
  const text = reader.get('session-cookie-samesite')?.toLowerCase();
  if (text === undefined) return {};
  const sameSite = sameSites.find((known) => known.toLowerCase() === text);
  if (sameSite !== undefined) return { sameSite };
  const remedy = `Write ${sameSites.join(', ')}`;
  reader.invalid(`${NGINX_PREFIX}session-cookie-samesite`, {
    text: 'is not a value of SameSite; Lax is used',
    remedy,
  });
  return {};
}

/** Seconds, of which 0 means that the cookie ends with the browser. */
function readLifetime(reader: AnnotationReader): string | undefined {
  const name = ['session-cookie-max-age', 'session-cookie-expires'].find(
    (each) => reader.get(each) !== undefined,
  );
  if (name === undefined) return undefined;
  const seconds = readSeconds(reader.get(name) ?? '');
  if (seconds === 0) return undefined;
  const remedy = `Write whole seconds from ${minLifetime} to ${maxLifetime}, or 0`;
  if (seconds === undefined) {
    const text = 'is not a number of seconds; the cookie ends with the browser';
    reader.invalid(`${NGINX_PREFIX}${name}`, { text, remedy });
    return undefined;
  }
  const kept = Math.min(Math.max(seconds, minLifetime), maxLifetime);
  if (kept !== seconds)
    reader.invalid(`${NGINX_PREFIX}${name}`, { text: `is out of bounds; ${kept} s are used`, remedy });
  return formatSeconds(kept);
}

function isOfForm(text: string, form: TextForm): boolean {
  const isSpelt = text.length <= form.maxLength && new RegExp(form.pattern, 'u').test(text);
  return isSpelt && (form.rules ?? []).every((rule) => rule.holds(text));
}
