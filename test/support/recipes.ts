// What a guide claims of requests: a section with a whole policy, and a table of requests and what becomes of them.
import { tablesOf } from './tables.ts';

/** One row of such a table. */
export type Claim = {
  /** As it stands there: `GET /`, or `WebSocket /api/v4/websocket`. */
  readonly request: string;
  readonly client: string;
  /** Words that the guide explains, such as `session`. */
  readonly sends: readonly string[];
  /** `passes`, `opens`, or status and reason: `403 admission`. */
  readonly answer: string;
  /** Undefined where no rule was asked. */
  readonly rule: string | undefined;
};

export type Recipe = { readonly name: string; readonly policy: string; readonly claims: readonly Claim[] };

const HEADER = 'Request, Client, Sends, Answer, Rule';

/** The sections with such a table, in their order. Throws on a row or a section that cannot be read. */
export function recipesOf(markdown: string): readonly Recipe[] {
  return markdown.split(/^##+ /mu).flatMap((section) => {
    const table = tablesOf(section).find(({ header }) => header.join(', ') === HEADER);
    if (table === undefined) return [];
    const name = section.slice(0, section.indexOf('\n'));
    const policy = /^```yaml\n(?<text>[\s\S]*?)^```$/mu.exec(section)?.groups?.['text'];
    if (policy === undefined) throw new Error(`Section ${name} has requests, but no policy`);
    return [{ name, policy, claims: table.rows.map(claimOf) }];
  });
}

function claimOf(row: readonly string[]): Claim {
  const [request = '', client = '', sends = '', answer = '', rule = ''] = row.map((cell) =>
    cell.replaceAll('`', ''),
  );
  if (!/^(?:WebSocket|[A-Z]+) \/\S*$/u.test(request))
    throw new Error(`A request is METHOD /path or WebSocket /path, not ${request}`);
  return {
    request,
    client,
    sends: sends === '' ? [] : sends.split(', '),
    answer,
    rule: rule === '' ? undefined : rule,
  };
}
