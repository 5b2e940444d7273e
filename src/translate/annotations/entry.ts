// What becomes of an annotation: the form of the entries of annotations-table.ts.

/**
 * - kept: read; `text` says what it becomes.
 * - harmless: accepted in silence, since nothing would be missed; `text` says why.
 * - unsupported: one warning; `text` says what to use instead.
 * - restriction: keeps somebody out in a way we do not know: the site is closed; `text` says what to use instead.
 * - snippet: never run; closes the site where it restricts, else a warning.
 */
export type Fate = 'kept' | 'harmless' | 'unsupported' | 'restriction' | 'snippet';

export type AnnotationEntry = {
  readonly name: string;
  readonly fate: Fate;
  /** A sentence without full stop, or for `kept` the field of the policy. */
  readonly text: string;
  /** Asks for nothing where it says false, off or 0, as nginx does. */
  readonly isSwitch?: true;
  /** Of `kept`: what is not as with ingress-nginx, as a sentence without full stop. */
  readonly change?: string;
  /** Of `kept`: no policy that names the Ingress can say it, so that the annotation stays. */
  readonly staysInIngress?: true;
};

type EntryBody = Omit<AnnotationEntry, 'name' | 'fate'>;

/** Entries of one fate, by name; a text alone is an entry of nothing else. */
export function entries(
  fate: Fate,
  bodies: Readonly<Record<string, string | EntryBody>>,
): readonly AnnotationEntry[] {
  return Object.entries(bodies).map(([name, body]) => ({
    name,
    fate,
    ...(typeof body === 'string' ? { text: body } : body),
  }));
}

/** Entries of one fate that ask for nothing where they are switched off. */
export function switches(fate: Fate, texts: Readonly<Record<string, string>>): readonly AnnotationEntry[] {
  return entries(fate, texts).map((entry) => ({ ...entry, isSwitch: true }));
}
