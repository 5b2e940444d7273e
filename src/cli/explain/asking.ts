// Asks a running controller: it explains itself, with what it knows now and nobody else may see.
import { request } from 'undici';
import type { DescribedRequest } from '../../explain/described-request.ts';
import type { Explanation } from '../../explain/explanation.ts';
import { bytesText, printable } from '../../explain/wording.ts';
import { messageOf } from '../../model/error-message.ts';
import { boundedText } from '../input/input-text.ts';

const TIMEOUT_MS = 15_000;
/** A site may have thousands of rules, networks and endpoints. */
const MAX_ANSWER_BYTES = 64 * 1024 * 1024;

/** Rejects with a message for people. @param url of the admin port */
export async function askController(url: string, described: DescribedRequest): Promise<Explanation> {
  const endpoint = endpointOf(url);
  const { status, text } = await post(endpoint, JSON.stringify(described));
  if (text === undefined)
    throw new Error(
      `${endpoint.href} answers with more than ${bytesText(MAX_ANSWER_BYTES)}: is this the admin port of a controller?`,
    );
  if (status === 200) return readAnswer(text, endpoint);
  throw new Error(`${endpoint.href} says ${status}: ${said(text)}${remedyFor(status)}`);
}

/** Anything may answer at an address that somebody has typed. */
function readAnswer(text: string, { href }: URL): Explanation {
  try {
    const found = JSON.parse(text) as Partial<Explanation>;
    const isWhole = [found.request, found.client, found.answer, found.notes].every(
      (part) => part !== undefined,
    );
    if (isWhole && typeof found.outcome === 'string') return found as Explanation;
  } catch {
    // No JSON: nor an explanation.
  }
  throw new Error(`${href} does not explain: is this the admin port of a controller of this version?`);
}

function endpointOf(url: string): URL {
  const full = /^https?:\/\//i.test(url) ? url : `http://${url}`;
  if (!URL.canParse(full))
    throw new Error('--admin wants the address of an admin port: http://127.0.0.1:10254');
  // Without a user and a password: it is printed, and nobody here asks for them.
  return new URL('/api/explain', new URL(full).origin);
}

async function post(
  endpoint: URL,
  body: string,
): Promise<{ readonly status: number; readonly text: string | undefined }> {
  try {
    const response = await request(endpoint, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    return { status: response.statusCode, text: await boundedText(response.body, MAX_ANSWER_BYTES) };
  } catch (error) {
    const message = messageOf(error);
    throw new Error(
      `${endpoint.href} cannot be asked: ${message}\nA pod is reached by kubectl port-forward POD 10254, then --admin http://127.0.0.1:10254`,
      { cause: error },
    );
  }
}

/** The admin port answers in JSON or in a line. */
function said(text: string): string {
  try {
    const { error } = JSON.parse(text) as { readonly error?: unknown };
    if (typeof error === 'string') return printable(error);
  } catch {
    // No JSON.
  }
  return printable(text.trim().slice(0, 200));
}

function remedyFor(status: number): string {
  if (status === 403) return '\nAsk from its own machine or pod: kubectl port-forward POD 10254';
  return status === 404 || status === 405 ? '\nIs this the admin port of a controller of this version?' : '';
}
