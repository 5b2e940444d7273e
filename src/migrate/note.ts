// What is told of one thing in the input: what becomes of it here.

/**
 * - carried: the policy says the same.
 * - changed: carried over, with another effect, or with another value than the one that was written.
 * - lost: has no counterpart; the text says what to do.
 * - stays: is read where it stands, and must stay there.
 * - harmless: nothing would be missed.
 * - other: is read by somebody else, or by nobody.
 */
export type NoteKind = 'carried' | 'changed' | 'lost' | 'stays' | 'harmless' | 'other';

export type Note = { readonly kind: NoteKind; readonly subject: string; readonly text: string };

/** In the order in which they are printed: what needs somebody's mind first. */
export const NOTE_TITLES: Readonly<Record<NoteKind, string>> = {
  lost: 'Without counterpart, and what to do',
  changed: 'Carried over, and not quite the same',
  carried: 'Carried over',
  stays: 'Stays in the Ingress, and is read there',
  harmless: 'Not needed here',
  other: 'Not of an ingress controller that is known here; left as it is',
};

/** What several notes about one thing come to: the gravest kind, and each text once. */
export function joinNotes(subject: string, notes: readonly Note[]): Note {
  const order = Object.keys(NOTE_TITLES) as readonly NoteKind[];
  const kind = order.find((each) => notes.some((note) => note.kind === each)) ?? 'harmless';
  const texts = new Set(notes.filter((note) => note.kind === kind).map(({ text }) => text));
  return { kind, subject, text: [...texts].join('. ') };
}
