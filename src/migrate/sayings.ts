// Everything an Ingress is told by annotations, its own and those of its Services, in the words of ingress-nginx.
import { foreignAnnotations, isForeign, TRAEFIK_SERVICE_PREFIX } from '../translate/annotations/foreign.ts';
import { isPassedOver } from '../translate/annotations/annotations.ts';
import { mayKeepOut } from '../translate/annotations/other.ts';
import { NGINX_PREFIX, OWN_PREFIX } from '../translate/annotations/reader.ts';
import type { Note } from './note.ts';

type Annotations = Readonly<Record<string, string>>;

/** One annotation. Those that say nothing to a controller that is known here come with their note already. */
export type Saying = {
  /** As it is named in the comments. */
  readonly subject: string;
  /** Annotations to be read in its place, by whole key. */
  readonly reads: Annotations;
  readonly note?: Note;
  /** It may keep somebody out, by a controller that is not known here. */
  readonly isDoubtful?: true;
};

const CLASS_KEY = 'kubernetes.io/ingress.class';
const foreignByKey = new Map(foreignAnnotations.map((entry) => [entry.key, entry]));

/** Those of the Ingress. */
export function sayingsOf(annotations: Annotations): readonly Saying[] {
  return Object.keys(annotations)
    .toSorted()
    .map((key) => sayingOf(key, annotations));
}

/** Those of a Service that stand for the Ingress. @param owner how the Service is named in the comments */
export function sayingsOfService(annotations: Annotations, owner: string): readonly Saying[] {
  return Object.keys(annotations)
    .toSorted()
    .filter((key) => key.startsWith(TRAEFIK_SERVICE_PREFIX))
    .map((key) => {
      const { subject, note, ...rest } = sayingOf(key, annotations);
      const whole = `${owner}: ${subject}`;
      return {
        ...rest,
        subject: whole,
        ...(note === undefined ? {} : { note: { ...note, subject: whole } }),
      };
    });
}

function sayingOf(key: string, annotations: Annotations): Saying {
  const subject = key.startsWith(NGINX_PREFIX) ? key.slice(NGINX_PREFIX.length) : key;
  const value = annotations[key] ?? '';
  const itself = { [key]: value };
  if (key.startsWith(OWN_PREFIX)) {
    const note: Note = { kind: 'stays', subject, text: 'An annotation of this controller' };
    return { subject, reads: itself, note };
  }
  if (isPassedOver(annotations, key)) {
    const text = 'The Ingress names it in mattermost-ingress.io/ignore-annotations';
    return { subject, reads: itself, note: { kind: 'harmless', subject, text } };
  }
  if (key.startsWith(NGINX_PREFIX)) return { subject, reads: itself };
  return foreignSaying(key, value);
}

function doubtfulSaying(subject: string): Saying {
  const text =
    'May keep somebody out, by a controller that is not known here: say the same with spec.admission';
  return { subject, reads: {}, note: { kind: 'lost', subject, text }, isDoubtful: true };
}

function foreignSaying(key: string, value: string): Saying {
  const [subject, entry] = [key, foreignByKey.get(key)];
  if (key === CLASS_KEY) {
    const text = 'Names the class; ingressClassName: mattermost takes its place when you switch';
    return { subject, reads: {}, note: { kind: 'stays', subject, text } };
  }
  if (entry?.fate === 'harmless')
    return { subject, reads: {}, note: { kind: 'harmless', subject, text: entry.text } };
  const words = entry?.inWordsOfNginx?.(value.trim());
  if (words === undefined) {
    if (isForeign(key)) return { subject, reads: { [key]: value } };
    if (mayKeepOut(key, value)) return doubtfulSaying(key);
    return { subject, reads: {}, note: { kind: 'other', subject, text: '' } };
  }
  const reads = Object.fromEntries(
    Object.entries(words).map(([name, said]) => [`${NGINX_PREFIX}${name}`, said]),
  );
  if (Object.keys(reads).length > 0) return { subject, reads };
  return { subject, reads, note: { kind: 'harmless', subject, text: 'Asks for what holds anyway' } };
}
