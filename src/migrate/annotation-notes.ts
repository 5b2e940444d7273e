// Sayings -> the settings of a policy, and what became of each saying. The reader of annotations and its table decide;
// here their words are put in order, so that there is no second opinion.
import type { AnnotationEntry } from '../translate/annotations/entry.ts';
import { type IngressSettings, readAnnotations } from '../translate/annotations/annotations.ts';
import { NGINX_PREFIX } from '../translate/annotations/reader.ts';
import { nginxAnnotations } from '../translate/annotations/table.ts';
import type { Problem } from '../translate/problem.ts';
import { joinNotes, type Note } from './note.ts';
import type { Saying } from './sayings.ts';

type Annotations = Readonly<Record<string, string>>;

const entryByName: ReadonlyMap<string, AnnotationEntry> = new Map(
  nginxAnnotations.map((entry) => [entry.name, entry]),
);

export type NotedSettings = { readonly settings: IngressSettings; readonly notes: readonly Note[] };

/**
 * Reads sayings together; where two say something of one matter, the later one holds.
 * @param defaults what holds where none of them says anything, by whole key; nothing is noted of it
 */
export function noteSayings(
  sayings: readonly Saying[],
  namespace: string,
  defaults: Annotations = {},
): NotedSettings {
  const holders = new Map<string, Saying>();
  for (const saying of sayings) for (const key of Object.keys(saying.reads)) holders.set(key, saying);
  const read = Object.fromEntries([...holders].map(([key, saying]) => [key, saying.reads[key] ?? '']));
  const all = { ...defaults, ...read };
  const settings = readAnnotations(all, namespace);
  const problems = Map.groupBy([...settings.restrictions, ...settings.problems], ({ field }) => field);
  const notes = sayings.map((saying) => {
    if (saying.note !== undefined) return saying.note;
    const { subject } = saying;
    const held = Object.keys(saying.reads).filter((key) => holders.get(key) === saying);
    if (held.length === 0)
      return { kind: 'harmless', subject, text: 'Another annotation says it instead' } as const;
    return joinNotes(
      subject,
      held.map((key) => noteOf(subject, key, problems.get(fieldOf(key)) ?? [])),
    );
  });
  return { settings, notes };
}

function noteOf(subject: string, key: string, problems: readonly Problem[]): Note {
  const entry = key.startsWith(NGINX_PREFIX) ? entryByName.get(key.slice(NGINX_PREFIX.length)) : undefined;
  const [first] = problems.toSorted((a, b) => gravity(b) - gravity(a));
  if (first !== undefined) return noteOfProblem(subject, key, first);
  if (entry?.fate === 'kept') {
    const { change, staysInIngress } = entry;
    const text = plain(textOf(entry));
    if (staysInIngress === true) return { kind: 'stays', subject, text };
    if (change !== undefined) return { kind: 'changed', subject, text: `${text}. ${plain(change)}` };
    return { kind: 'carried', subject, text };
  }
  if (entry?.fate === 'harmless') return { kind: 'harmless', subject, text: plain(entry.text) };
  return { kind: 'harmless', subject, text: 'Asks for nothing' };
}

/** The message begins with `Annotation KEY`, which the subject says already. */
function noteOfProblem(subject: string, key: string, { reason, message, remedy }: Problem): Note {
  const begin = `Annotation ${key} `;
  const what = message.startsWith(begin) ? message.slice(begin.length) : message;
  const kind = reason === 'AnnotationInvalid' ? 'changed' : 'lost';
  return { kind, subject, text: `${what.charAt(0).toUpperCase()}${what.slice(1)}. ${remedy}` };
}

function gravity({ severity, reason }: Problem): number {
  if (severity === 'error') return 2;
  return reason === 'AnnotationInvalid' ? 0 : 1;
}

function fieldOf(key: string): string {
  return `metadata.annotations[${JSON.stringify(key)}]`;
}

/** That of the annotation it is another name of. */
function textOf({ text }: AnnotationEntry): string {
  const other = /^As `(?<name>[a-z-]+)`/u.exec(text)?.groups?.['name'] ?? '';
  return entryByName.get(other)?.text ?? text;
}

/** The texts of the table are Markdown. */
function plain(text: string): string {
  return text.replaceAll('`', '');
}
