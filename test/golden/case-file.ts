// One golden case as a file: options and objects above, what must come of them below. Read strictly, rewritten on demand.
import { readFileSync, writeFileSync } from 'node:fs';
import { parse, stringify } from 'yaml';

export type GoldenOptions = {
  readonly now: string;
  readonly hostNamespaces: readonly { readonly host: string; readonly namespace: string }[];
  readonly denyEndpointCIDRs: readonly string[];
  readonly stickyKeys: readonly string[];
  readonly hasLegacyListener: boolean;
  readonly canAskForCertificates: boolean;
  readonly controllerName: string;
  readonly ingressClass: string;
  readonly requirePolicy: boolean;
  readonly takeOverClass?: string;
  readonly defaultBackendNamespace?: string;
  readonly addressHidingService?: string;
  readonly ownAddresses?: readonly string[];
};

export type GoldenCase = {
  readonly options: GoldenOptions;
  /** Objects of an earlier moment, translated first; what is remembered of them goes on. */
  readonly before: readonly YamlObject[] | undefined;
  readonly objects: readonly YamlObject[];
  readonly expected: unknown;
};

export type YamlObject = Readonly<Record<string, unknown>>;

/** Keys and time of a case that does not choose its own. */
const DEFAULT_OPTIONS: GoldenOptions = {
  now: '2026-11-22T12:00:00Z',
  hostNamespaces: [],
  denyEndpointCIDRs: [],
  stickyKeys: ['golden-sticky-key'],
  hasLegacyListener: true,
  canAskForCertificates: true,
  controllerName: 'mattermost-ingress.io/controller',
  ingressClass: 'mattermost',
  requirePolicy: false,
};
const OPTION_NAMES = [
  ...Object.keys(DEFAULT_OPTIONS),
  'takeOverClass',
  'defaultBackendNamespace',
  'addressHidingService',
  'ownAddresses',
];

/** Reads a case. Throws on any key that is not known here, so that a slip of the pen cannot hide a case. */
export function readCase(path: string): GoldenCase {
  const root: unknown = parse(readFileSync(path, 'utf8'), { strict: true, uniqueKeys: true });
  const fields = record(root, path, ['options', 'before', 'objects', 'expected']);
  const options = record(fields['options'] ?? {}, `${path}: options`, OPTION_NAMES);
  return {
    options: { ...DEFAULT_OPTIONS, ...options },
    before: fields['before'] === undefined ? undefined : objectList(fields['before'], `${path}: before`),
    objects: objectList(fields['objects'], `${path}: objects`),
    expected: fields['expected'],
  };
}

/** Replaces what is expected; everything above it stays as it is. */
export function writeExpected(path: string, expected: unknown): void {
  const [head = ''] = readFileSync(path, 'utf8').split(/^expected:/mu);
  const tail = stringify({ expected }, { lineWidth: 0, aliasDuplicateObjects: false });
  writeFileSync(path, `${head.trimEnd()}\n\n${tail}`);
}

function record(value: unknown, where: string, known: readonly string[]): YamlObject {
  if (!isObject(value)) throw new Error(`${where} must be a map`);
  const unknown = Object.keys(value).filter((key) => !known.includes(key));
  if (unknown.length > 0) throw new Error(`${where} holds unknown keys: ${unknown.join(', ')}`);
  return value;
}

function objectList(value: unknown, where: string): readonly YamlObject[] {
  if (!Array.isArray(value) || !value.every(isObject)) throw new Error(`${where} must be a list of objects`);
  return value;
}

function isObject(value: unknown): value is YamlObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
