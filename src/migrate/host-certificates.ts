// ingress-nginx takes what one Ingress says of certificates of clients for all Ingresses of its host. A policy speaks for
// its own alone: each gets the same, or is closed like the one that cannot be understood.
import { keyOf } from '../api/objects.ts';
import { withoutLists } from './ingress-section.ts';
import type { MigrationInput, SourceIngress } from './input.ts';
import type { PrintedPolicy, Section } from './section.ts';

/** Annotations that close an Ingress where they cannot be carried over; the others of their prefix keep nobody out. */
const demanding = /^auth-tls-(?:secret|verify-client|match-cn|pass-certificate-to-upstream)$/u;

type Placed = { readonly source: SourceIngress; readonly section: Section };

/** @param sections of the Ingresses, in their order */
export function withHostCertificates(
  { ingresses }: MigrationInput,
  sections: readonly Section[],
): readonly Section[] {
  const placed = ingresses.flatMap((source, at) => {
    const section = sections[at];
    return section === undefined ? [] : [{ source, section }];
  });
  const guards = placed.filter(({ section }) => isUnclear(section) || askedBy(section) !== undefined);
  return placed.map((each) => {
    const neighbours = guards.filter((guard) => guard !== each && sharesHost(guard, each));
    // What is closed comes first: its demand held as well.
    const guard = neighbours.find(({ section }) => isUnclear(section)) ?? neighbours[0];
    return guard === undefined ? each.section : guarded(each.section, guard);
  });
}

function isUnclear({ isClosed, notes }: Section): boolean {
  return isClosed === true && notes.some(({ kind, subject }) => kind === 'lost' && demanding.test(subject));
}

function askedBy({ policy }: Section) {
  return policy?.spec.client?.clientCertificate;
}

function sharesHost(a: Placed, b: Placed): boolean {
  const [one, other] = [a.source.ingress, b.source.ingress];
  const hosts = new Set(one.rules.map(({ host }) => host));
  return (
    one.metadata.namespace === other.metadata.namespace && other.rules.some(({ host }) => hosts.has(host))
  );
}

function guarded(section: Section, { source, section: other }: Placed): Section {
  const { policy } = section;
  if (policy === undefined || askedBy(section) !== undefined || section.isClosed === true) return section;
  const name = `Ingress ${keyOf(source.ingress.metadata)}`;
  if (isUnclear(other)) {
    const remark = `CLOSED like ${name} of the same host: what that says of certificates of clients held for the whole host with ingress-nginx. Say who may come in once it is clear there.`;
    const closed = changed(section, policy, { admission: { defaultAction: 'Deny' } }, remark);
    return { ...closed, notes: withoutLists(section.notes), isClosed: true };
  }
  const clientCertificate = askedBy(other);
  if (clientCertificate === undefined) return section;
  const remark = `Certificates of clients as ${name} asks for them: with ingress-nginx that holds for the whole host.`;
  return changed(section, policy, { client: { ...policy.spec.client, clientCertificate } }, remark);
}

function changed(
  section: Section,
  policy: PrintedPolicy,
  parts: Partial<PrintedPolicy['spec']>,
  remark: string,
): Section {
  return {
    ...section,
    remarks: [...section.remarks, remark],
    policy: { ...policy, spec: { ...policy.spec, ...parts } },
  };
}
