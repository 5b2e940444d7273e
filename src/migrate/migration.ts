// READ FIRST. Ingresses -> policies that say the same: one for each Ingress, which it names in targetRefs. The Ingress stays,
// with its hosts, paths, certificates and Services; what its annotations say goes into the policy. Pure, never throws.
import { keyOf } from '../api/objects.ts';
import { type GlobalSettings, isGlobalSettings, readGlobalSettings } from './global-settings.ts';
import { withHostCertificates } from './host-certificates.ts';
import { ingressSection } from './ingress-section.ts';
import type { MigrationInput } from './input.ts';
import type { Note } from './note.ts';
import type { Section } from './section.ts';
import { isCanary, structureNotes } from './structure.ts';

/** What is to be printed: global settings, what cannot be read, and the Ingresses in the order of the input. */
export function migrate(input: MigrationInput): readonly Section[] {
  const [first, ...further] = input.configMaps.filter(isGlobalSettings).map(readGlobalSettings);
  const global = first && withDoubts(first, further);
  const structure = structureNotes(input.ingresses.filter((source) => !isCanary(source)));
  const taken = new Set(input.policies.map(keyOf));
  const sections = input.ingresses.map((source) => {
    const { metadata } = source.ingress;
    const notes = structure.get(keyOf(metadata)) ?? [];
    return ingressSection(source, { input, global, structure: notes, name: freeName(metadata, taken) });
  });
  const settled = withHostCertificates(input, sections);
  return [...globalSections(global, further), ...brokenSections(input), ...withOpenPlaces(input, settled)];
}

/** Which settings an Ingress had is not known: where those that are left out kept somebody out, nobody comes in. */
function withDoubts(global: GlobalSettings, further: readonly GlobalSettings[]): GlobalSettings {
  const doubts = further.filter(({ isOpen }) => !isOpen).map(({ subject }) => subject);
  return { ...global, restrictions: [...global.restrictions, ...doubts] };
}

/** ingress-nginx judges path by path: one that is open beside a closed one of its host stays so, and is pointed at. */
function withOpenPlaces({ ingresses }: MigrationInput, sections: readonly Section[]): readonly Section[] {
  const placed = ingresses.map((source, at) => ({ ...source.ingress, section: sections[at] }));
  const guards = placed.filter(({ section }) => !isOpen(section) && section?.policy !== undefined);
  return placed.flatMap(({ metadata, rules, section }) => {
    if (section === undefined) return [];
    const hosts = new Set(rules.map(({ host }) => host));
    const guard = guards.find(
      (each) =>
        each.metadata.namespace === metadata.namespace && each.rules.some(({ host }) => hosts.has(host)),
    );
    if (guard === undefined || !isOpen(section)) return [section];
    const remark = `OPEN as it was, although Ingress ${keyOf(guard.metadata)} of the same host is not: say the same here, if that was not meant.`;
    return [{ ...section, remarks: [...section.remarks, remark] }];
  });
}

function isOpen(section: Section | undefined): boolean {
  const admission = section?.policy?.spec.admission;
  return admission?.defaultAction === 'Allow' && admission.rules === undefined;
}

function globalSections(
  global: GlobalSettings | undefined,
  further: readonly GlobalSettings[],
): readonly Section[] {
  if (global === undefined) return [];
  const remark = 'Holds for all Ingresses below, where they do not say otherwise themselves.';
  const first: Section = { title: global.subject, remarks: [remark], notes: global.notes };
  const text = `Left out: ${global.subject} holds for all. Run the command once for each controller`;
  const rest = further.map(({ subject }): Section => {
    return { title: subject, remarks: [], notes: [{ kind: 'lost', subject: 'data', text }] };
  });
  return [first, ...rest];
}

function brokenSections({ broken }: MigrationInput): readonly Section[] {
  return broken.map(({ subject, text }) => {
    const note: Note = { kind: 'lost', subject: 'the whole object', text };
    return { title: subject, remarks: ['No policy: it cannot be read.'], notes: [note] };
  });
}

/** The name of the Ingress, unless a policy of another kind has it. */
function freeName(
  ingress: { readonly namespace: string; readonly name: string },
  taken: ReadonlySet<string>,
): string {
  let { name } = ingress;
  while (taken.has(keyOf({ ...ingress, name }))) name = `${name}-ingress`;
  return name;
}
