// Pass 5, driven: each place is compiled once, and again only when something that it looked up has changed.
import { POLICY_KIND } from '../api/policy.ts';
import { isSameStill, type Lookups, type Note, noting } from './lookup.ts';
import type { SettledPlace } from './inheritance.ts';
import type { Place } from './places.ts';
import { findingOf, type Problem } from './problem.ts';
import type { Grant } from './routes.ts';
import { type CompiledPlace, compilePlace, type SiteSource } from './sites.ts';
import type { Finding } from '../model/finding.ts';

/** All that became of one place. */
export type PlaceResult = {
  readonly place: Place;
  readonly grant: Grant;
  readonly made: CompiledPlace;
  /** Why it did not get a host, or not open. */
  readonly hostFindings: readonly Finding[];
  /** About all that it refers to. */
  readonly refFindings: readonly Finding[];
  readonly notes: readonly Note[];
};

const NO_GRANT: Grant = { open: [], closed: [], problems: [] };

/** What compiling looks up, by name. */
export type ResultSource = {
  readonly lookups: Pick<SiteSource, 'services' | 'slices' | 'secrets' | 'configMaps' | 'certificates'> &
    Lookups;
  readonly constants: Pick<
    SiteSource,
    | 'digestKey'
    | 'endpointSettings'
    | 'hasLegacyListener'
    | 'canAskForCertificates'
    | 'isClientAddressDoubtful'
    | 'ownAddresses'
  >;
  readonly before: ReadonlyMap<string, PlaceResult>;
};

/** The result of each place by its key; the map of before where nothing changed. */
export function compilePlaces(
  settled: readonly SettledPlace[],
  grants: ReadonlyMap<string, Grant>,
  source: ResultSource,
): ReadonlyMap<string, PlaceResult> {
  const { before, lookups } = source;
  const results = new Map<string, PlaceResult>();
  let isSame = settled.length === before.size;
  for (const { place, problems } of settled) {
    const grant = grants.get(place.key) ?? NO_GRANT;
    const known = before.get(place.key);
    const isKept = known?.place === place && known.grant === grant && isSameStill(known.notes, lookups);
    isSame &&= isKept;
    results.set(place.key, isKept ? known : compile(place, grant, problems, source));
  }
  return isSame ? before : results;
}

function compile(
  place: Place,
  grant: Grant,
  problems: readonly Problem[],
  { lookups, constants }: ResultSource,
): PlaceResult {
  const notes: Note[] = [];
  const made = compilePlace(place, grant, {
    services: noting('services', lookups.services, notes),
    slices: noting('slices', lookups.slices, notes),
    secrets: noting('secrets', lookups.secrets, notes),
    configMaps: noting('configMaps', lookups.configMaps, notes),
    certificates: noting('certificates', lookups.certificates, notes),
    ...constants,
  });
  const located = (problem: Problem) => findingOf(place.reference, atObject(problem, place));
  const hostFindings = [...grant.problems, ...problems].map(located);
  return { place, grant, made, hostFindings, refFindings: made.problems.map(located), notes };
}

/** Steps speak in the words of a policy with a route; of an Ingress the same stands elsewhere, or in its policy. */
function atObject(problem: Problem, place: Place): Problem {
  if (place.reference.kind !== 'Ingress' || !problem.field.startsWith('spec.')) return problem;
  const field = ingressField(problem.field, place);
  if (field !== undefined) return { ...problem, field };
  if (place.policy === undefined) return { ...problem, field: 'metadata.annotations' };
  const [namespace = '', name = ''] = place.policy.split('/');
  return { ...problem, object: { kind: POLICY_KIND, namespace, name } };
}

function ingressField(field: string, { fields }: Place): string | undefined {
  if (Object.values(fields).includes(field)) return field;
  const service = 'spec.route.service';
  if (field.startsWith(service)) {
    const rest = field.slice(service.length);
    const words: Readonly<Record<string, string>> = {
      '.name': '.service.name',
      '.port': '.service.port.number',
      '.portName': '.service.port.name',
    };
    return `${fields.service}${words[rest] ?? ''}`;
  }
  return field === 'spec.route.tls.secretName' ? fields.tls : undefined;
}
