// What `explain` is asked about: from a file, and from the options, which say what the file does not.
import { readCurl } from '../../explain/curl.ts';
import { describeRequest } from '../../explain/describe.ts';
import type { DescribedRequest } from '../../explain/described-request.ts';
import type { Field, RequestDraft } from '../../explain/draft.ts';
import { readHar } from '../../explain/har.ts';
import { messageOf } from '../../model/error-message.ts';
import { nameOfInput, readInputText } from '../input/input-text.ts';
import type { ExplainOptions } from './options.ts';

export type ReadRequest = { readonly described: DescribedRequest; readonly notes: readonly string[] };

/** Rejects with a message for people. @param words `[METHOD] URL` */
export async function readRequest(words: readonly string[], options: ExplainOptions): Promise<ReadRequest> {
  const draft = completed(await readDraft(options), words, options);
  if (draft.url === undefined)
    throw new Error(
      'Say which request: explain GET https://chat.example.com/ --from 203.0.113.7, or --file FILE',
    );
  if (options.from === undefined)
    throw new Error('Say where the client is: --from 203.0.113.7 (no curl command and no HAR file tells it)');
  const described = describeRequest(draft, {
    from: options.from,
    isWebSocket: options.websocket === true,
    serverName: options.sni,
    session: options.session,
  });
  return { described, notes: draft.notes };
}

async function readDraft({ file, entry }: ExplainOptions): Promise<RequestDraft> {
  if (file === undefined) return { fields: [], notes: [] };
  const content = await readInputText(file);
  try {
    return draftOf(content, entry);
  } catch (error) {
    throw new Error(`${nameOfInput(file)}: ${messageOf(error)}`, { cause: error });
  }
}

function draftOf(pasted: string, entry: number | undefined): RequestDraft {
  // A prompt that was copied as well becomes blanks, so that columns stay what they are.
  const content = pasted.replace(/^(\s*)\$ (?=curl\b)/u, '$1  ');
  const start = content.trimStart();
  if (/^[[{]/.test(start)) return readHar(content, entry);
  if (start.startsWith('curl')) return readCurl(content);
  const seen = /^(?:await )?fetch\(/.test(start)
    ? 'this was copied as fetch'
    : /^(?:\$session|Invoke-WebRequest)/.test(start)
      ? 'this was copied for PowerShell'
      : 'this is neither a curl command nor a HAR file (JSON)';
  throw new Error(`line 1, column 1: ${seen}: copy as cURL (bash), or as HAR`);
}

/** Options beat the file; fields and cookies of both are sent. */
function completed(draft: RequestDraft, words: readonly string[], options: ExplainOptions): RequestDraft {
  const { method, url } = splitWords(words);
  const { httpVersion, tlsVersion, bodyBytes, clientCertificate } = options;
  return {
    ...draft,
    ...defined({
      method,
      url,
      version: httpVersion,
      tlsVersion,
      bodyBytes,
      hasCertificate: clientCertificate,
    }),
    fields: withCookies([...draft.fields, ...options.header.map(readHeader)], options.cookie),
  };
}

function splitWords(words: readonly string[]): { readonly method?: string; readonly url?: string } {
  const [first, second, ...more] = words;
  if (more.length > 0) throw new Error(`Too many words: ${more.join(' ')}; give a METHOD and a URL`);
  if (first === undefined) return {};
  // Neither is quoted: a URL may hold a token.
  if (/[:/]/.test(first) && /^[a-z]+$/i.test(second ?? ''))
    throw new Error(
      'URL and METHOD are swapped: write explain METHOD URL, such as explain GET https://chat.example.com/',
    );
  if (second !== undefined) return { method: first, url: second };
  return first.includes(':') ? { url: first } : { method: first };
}

function readHeader(line: string): Field {
  const colon = line.indexOf(':');
  if (colon < 1) throw new Error("A header is given as -H 'Name: value'; one without a name was given");
  return [line.slice(0, colon), line.slice(colon + 1).trim()];
}

/** One field of all cookies, as clients send it. */
function withCookies(fields: readonly Field[], cookies: readonly string[]): readonly Field[] {
  if (cookies.length === 0) return fields;
  const at = fields.findIndex(([name]) => name.toLowerCase() === 'cookie');
  const [name, value] = fields[at] ?? ['Cookie', ''];
  const line: Field = [name, [value, ...cookies].filter((each) => each !== '').join('; ')];
  return at === -1 ? [...fields, line] : fields.with(at, line);
}

function defined<Values extends object>(
  values: Values,
): { readonly [Name in keyof Values]?: NonNullable<Values[Name]> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as {
    [Name in keyof Values]?: NonNullable<Values[Name]>;
  };
}
