// A HAR file, one entry of it, or the request of one -> the request that the browser has sent.
import { loggablePath } from '../observe/log-text.ts';
import { DraftProblem, type Field, type RequestDraft } from './draft.ts';
import { printable } from './wording.ts';

const SHOWN_ENTRIES = 10;
type Json = Readonly<Record<string, unknown>>;

/**
 * Throws an Error for people that holds nothing of the file but places and names.
 * @param wanted number of the entry, from 1; undefined where there is to be one
 */
export function readHar(text: string, wanted: number | undefined): RequestDraft {
  const parsed = parseJson(text);
  const entries = entriesOf(parsed);
  if (entries.length === 0) throw new Error('the JSON is no HAR: neither log.entries nor request is there');
  const at = wanted ?? 1;
  if ((wanted === undefined && entries.length > 1) || at > entries.length)
    throw new Error(`the HAR has ${entries.length} requests: choose one by --entry N\n${entryList(entries)}`);
  return draftOf(entries[at - 1] ?? {}, at);
}

/** V8 quotes what it could not read, which may be anybody's password: only the place is kept. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    const at = faultOf(text);
    throw new DraftProblem(text, at, at === text.length ? 'the JSON ends too early' : 'this is not JSON');
  }
}

/** Not every message says where: it is the end of the longest beginning that something could still follow. */
function faultOf(text: string): number {
  let good = 0;
  let bad = text.length + 1;
  while (bad - good > 1) {
    const middle = (good + bad) >> 1;
    if (canGoOn(text.slice(0, middle))) good = middle;
    else bad = middle;
  }
  return good;
}

function canGoOn(beginning: string): boolean {
  try {
    JSON.parse(beginning);
    return true;
  } catch (error) {
    const message = error instanceof Error ? error.message : '';
    const place = /at position ([0-9]+)/.exec(message)?.[1];
    const isCut = message.includes('end of JSON input') || message.includes('Unterminated');
    return isCut || (place !== undefined && Number(place) >= beginning.length);
  }
}

/** All requests in it, whichever part of a HAR was pasted. */
function entriesOf(parsed: unknown): readonly Json[] {
  const { log, entries, request, url } = mapOf(parsed);
  const lists: readonly unknown[] = [parsed, entries, mapOf(log)['entries']];
  const list = lists.find((each) => Array.isArray(each));
  if (Array.isArray(list)) return list.map((each: unknown) => mapOf(mapOf(each)['request']));
  if (request !== undefined) return [mapOf(request)];
  return typeof url === 'string' ? [mapOf(parsed)] : [];
}

function entryList(entries: readonly Json[]): string {
  const lines = entries
    .slice(0, SHOWN_ENTRIES)
    .map(
      (each, at) => `  ${at + 1}  ${printable(`${textOf(each['method'])} ${shownUrl(textOf(each['url']))}`)}`,
    );
  const left = entries.length - lines.length;
  return [...lines, ...(left > 0 ? [`  and ${left} more`] : [])].join('\n');
}

function shownUrl(url: string): string {
  return loggablePath(url.replace(/^([a-z]+:\/\/)[^/?#]*@/i, '$1'));
}

function draftOf(request: Json, at: number): RequestDraft {
  const { method, url, headers, cookies, httpVersion, postData, bodySize } = request;
  const lack = (field: string) => new Error(`request ${at} of the HAR has no ${field}`);
  if (typeof method !== 'string') throw lack('method');
  if (typeof url !== 'string') throw lack('url');
  if (!Array.isArray(headers)) throw lack('headers');
  const fieldOf = (each: unknown, what: string): Field => {
    const { name, value } = mapOf(each);
    if (typeof name !== 'string' || typeof value !== 'string') throw lack(`name or value of a ${what}`);
    return [name, value];
  };
  const listed = headers.map((each: unknown) => fieldOf(each, 'header'));
  const pairs = Array.isArray(cookies) ? cookies.map((each: unknown) => fieldOf(each, 'cookie')) : [];
  const sent = withCookies(
    listed.filter(([name]) => !name.startsWith(':')),
    pairs,
  );
  const hasCookie = sent.some(isCookie);
  const bytes = bodyBytesOf(mapOf(postData)['text'], bodySize);
  return {
    method,
    url,
    fields: sent,
    ...(bytes === undefined ? {} : { bodyBytes: bytes }),
    version: versionOf(textOf(httpVersion)),
    notes: hasCookie
      ? []
      : ['The HAR has no cookies: browsers leave them out unless told to export sensitive data'],
  };
}

/** Some programs tell of cookies beside the headers alone; most tell of them twice. */
function withCookies(fields: readonly Field[], pairs: readonly Field[]): readonly Field[] {
  if (pairs.length === 0 || fields.some(isCookie)) return fields;
  return [...fields, ['Cookie', pairs.map(([name, value]) => `${name}=${value}`).join('; ')]];
}

function isCookie([name]: Field): boolean {
  return name.toLowerCase() === 'cookie';
}

function bodyBytesOf(text: unknown, size: unknown): number | undefined {
  if (typeof size === 'number' && size > 0) return size;
  return typeof text === 'string' ? Buffer.byteLength(text) : undefined;
}

/** Browsers say HTTP/2.0, h2 and h3; whoever is asked by HTTP/3 is asked by HTTP/2 here. */
function versionOf(text: string): '1.0' | '1.1' | '2' {
  if (/^(?:http\/)?[23]|^h[23]/i.test(text)) return '2';
  return /1\.0/.test(text) ? '1.0' : '1.1';
}

function mapOf(value: unknown): Json {
  return typeof value === 'object' && value !== null ? (value as Json) : {};
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
