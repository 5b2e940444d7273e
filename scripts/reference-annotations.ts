// docs/reference/annotations.md: what becomes of the annotations of an Ingress.
import type { AnnotationEntry, Fate } from '../src/translate/annotations/entry.ts';
import { foreignAnnotations, foreignPrefixes } from '../src/translate/annotations/foreign.ts';
import { nginxAnnotations, ownAnnotations } from '../src/translate/annotations/table.ts';

export function annotationsPage(): string {
  return `${[
    '# Annotations of an Ingress',
    '',
    '<!-- Generated from src/translate/annotations/table.ts by "npm run generate". Do not edit. -->',
    '',
    'Annotations of ingress-nginx (`nginx.ingress.kubernetes.io/…`) are read so that an Ingress written for it works here.',
    'A policy that names the Ingress in `targetRefs` wins field by field; its `admission` stands in place of lists of networks as a whole.',
    '',
    '## Of our own',
    '',
    'Prefix `mattermost-ingress.io/`. An unknown one is reported with the one it was probably meant to be.',
    '',
    ...table('Meaning', ownAnnotations),
    '## Read',
    '',
    'The field is that of the policy. A value that cannot be used as it is brings a warning `AnnotationInvalid`, which says what is used',
    'instead; but a list of networks that cannot be read, and a Secret of another namespace, close the site.',
    '',
    ...keptTable(),
    '## Accepted in silence',
    '',
    ...table('Why nothing is missed', ofFate('harmless')),
    '## Without effect',
    '',
    'Each brings one warning `AnnotationUnsupported`. Those marked * ask for nothing when they are `false`, `off` or `0`. An annotation that',
    'is not in these tables brings the same warning, one of another controller too: those that begin with',
    `${foreignPrefixes.map((prefix) => `\`${prefix}…\``).join(', ')}.`,
    '',
    ...table('What to do instead', ofFate('unsupported')),
    '## Closing the site',
    '',
    'Each restricts access in a way that is not known here, so that the hosts of the Ingress answer 503 with `UnsupportedRestriction` until',
    'it is removed, or named in `mattermost-ingress.io/ignore-annotations`. So does any other annotation whose name speaks of access, of',
    'another controller too: `konghq.com/plugins`, `alb.ingress.kubernetes.io/auth-type` and `…/security-groups`,',
    '`traefik.ingress.kubernetes.io/router.middlewares`.',
    '',
    ...table('What to do instead', ofFate('restriction')),
    '## Snippets',
    '',
    'They never run. One that may refuse a request closes the site as above: `allow`, `deny`, `satisfy`, `auth_*`, `limit_*`, `return 403`,',
    '`include`, Lua and JavaScript, client certificates. Any other brings a warning.',
    '',
    ...table('What to do instead', ofFate('snippet')),
    '## Affinity of other controllers',
    '',
    'A running controller does not read them; `mattermost-ingress migrate` does, and writes the policy that says the same. Those of Traefik 2',
    'and 3 stand on the Service. Any other annotation of these controllers has no effect, and closes the site where its name speaks of access.',
    '',
    ...foreignTable(),
  ]
    .join('\n')
    .trimEnd()}\n`;
}

function ofFate(fate: Fate): readonly AnnotationEntry[] {
  return nginxAnnotations.filter((entry) => entry.fate === fate);
}

/** One line for all annotations of which the same is to be said. */
function table(title: string, entries: readonly AnnotationEntry[]): readonly string[] {
  const rows = [...Map.groupBy(entries, (entry) => entry.text)].map(
    ([text, same]) => `| ${same.map(nameOf).join(', ')} | ${text} |`,
  );
  return [`| Annotation | ${title} |`, '| --- | --- |', ...rows, ''];
}

function keptTable(): readonly string[] {
  const rows = ofFate('kept').map((entry) => {
    const becomes = entry.staysInIngress === true ? `${entry.text}; a policy cannot say it` : entry.text;
    return `| ${nameOf(entry)} | ${becomes} | ${entry.change ?? ''} |`;
  });
  return ['| Annotation | Becomes | Not as with ingress-nginx |', '| --- | --- | --- |', ...rows, ''];
}

function foreignTable(): readonly string[] {
  const rows = [...Map.groupBy(foreignAnnotations, (entry) => entry.text)].map(
    ([text, same]) => `| ${same.map(({ key }) => `\`${key}\``).join(', ')} | ${text} |`,
  );
  return ['| Annotation | Becomes |', '| --- | --- |', ...rows, ''];
}

function nameOf({ name, isSwitch }: AnnotationEntry): string {
  return `\`${name}\`${isSwitch === true ? ' *' : ''}`;
}
