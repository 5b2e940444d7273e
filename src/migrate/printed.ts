// Sections -> one text of YAML whose comments say what became of everything. What comes from the input is made harmless
// first: a line break in a name must not begin a line of its own.
import { stringify } from 'yaml';
import { type Note, NOTE_TITLES, type NoteKind } from './note.ts';
import type { Section } from './section.ts';

const WIDTH = 116;
/** kubectl reads YAML 1.1, where `off` without quotes is no text. */
const YAML_OPTIONS = { aliasDuplicateObjects: false, compat: 'yaml-1.1', lineWidth: 0 } as const;
const KINDS = Object.keys(NOTE_TITLES) as readonly NoteKind[];

/** @param head sentences before the first section, each a paragraph */
export function printSections(head: readonly string[], sections: readonly Section[]): string {
  const preface = head.flatMap((sentence) => comment(sentence)).join('\n');
  return [preface, ...sections.map(printSection)].join('\n---\n').concat('\n');
}

/** How many notes there are of each kind. */
export function countNotes(sections: readonly Section[]): Readonly<Record<NoteKind, number>> {
  const notes = sections.flatMap((section) => section.notes);
  const counts = KINDS.map((kind) => [kind, notes.filter((note) => note.kind === kind).length] as const);
  return Object.fromEntries(counts) as Record<NoteKind, number>;
}

function printSection({ title, remarks, notes, lines: copied = [], policy }: Section): string {
  const lines = [
    ...comment(title),
    ...remarks.flatMap((remark) => comment(remark)),
    ...KINDS.flatMap((kind) =>
      printNotes(
        kind,
        notes.filter((note) => note.kind === kind),
      ),
    ),
  ];
  if (copied.length > 0) lines.push('#', ...copied.map((line) => `#   ${harmless(line)}`));
  const yaml = policy === undefined ? [] : [stringify(policy, YAML_OPTIONS).trimEnd()];
  return [...lines, ...yaml].join('\n');
}

function printNotes(kind: NoteKind, notes: readonly Note[]): readonly string[] {
  if (notes.length === 0) return [];
  const title = ['#', `# ${NOTE_TITLES[kind]}:`];
  if (kind === 'other') return [...title, ...comment(notes.map(({ subject }) => subject).join(', '), '  ')];
  return [...title, ...notes.flatMap(({ subject, text }) => comment(`${subject}: ${text}`, '  '))];
}

/** A text as lines of comment; a word that is longer than a line has one for itself. */
function comment(text: string, indent = ''): readonly string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of words(text)) {
    const isFull = line !== '' && line.length + 1 + word.length > WIDTH - indent.length - 2;
    if (isFull) lines.push(line);
    line = line === '' || isFull ? word : `${line} ${word}`;
  }
  return [...lines, line].map((each, at) => `# ${indent}${at > 0 && indent !== '' ? '  ' : ''}${each}`);
}

function words(text: string): readonly string[] {
  return text
    .split(/\s+/u)
    .map(harmless)
    .filter((word) => word !== '');
}

/** Control characters, and what text is reordered with. */
function harmless(text: string): string {
  return text.replaceAll(/[\p{C}\p{Zl}\p{Zp}]/gu, '?');
}
