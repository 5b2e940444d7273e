// The one table of who may import whom in src/. The walker test reads it, and the lint overrides must equal it.

type LayerName =
  | 'api'
  | 'model'
  | 'translate'
  | 'decide'
  | 'wire'
  | 'observe'
  | 'explain'
  | 'proxy'
  | 'control'
  | 'kube'
  | 'manifests'
  | 'migrate'
  | 'demo'
  | 'options'
  | 'cli'
  | 'main';

/** One folder of src/, or one file directly in it. */
export type Layer = {
  readonly name: LayerName;
  /** A folder `src/NAME/`, or the single file `src/NAME.ts`. */
  readonly kind: 'folder' | 'file';
  /** The other layers whose files it may import; its own are always allowed. */
  readonly imports: readonly LayerName[];
  /** Node's modules it may import. */
  readonly builtins: 'pure' | 'io' | 'any';
  /** npm packages it may import, subpaths included; `any` is every entry of `dependencies`. */
  readonly packages: 'any' | readonly string[];
};

/** What pure code may take from Node: hashing, the recognition of addresses, and what OpenSSL says of certificates. */
export const pureBuiltins: readonly string[] = ['node:crypto', 'node:net', 'node:tls'];

/** What even I/O code is handed by its owner instead of taking it: time, chance and the process. */
export const deniedIoBuiltins: readonly string[] = ['node:process', 'node:perf_hooks'];

const pureRings = ['api', 'model', 'translate', 'decide', 'wire'] as const;
const ioRings = ['proxy', 'control', 'kube', 'manifests'] as const;

const pure = { kind: 'folder', builtins: 'pure' } as const;
const io = { kind: 'folder', builtins: 'io', imports: [...pureRings, 'observe'] } as const;

/** Left to right: a layer imports only what stands before it, and siblings never import each other. */
export const layers: readonly Layer[] = [
  { ...pure, name: 'api', imports: [], packages: ['typebox'] },
  { ...pure, name: 'model', imports: ['api'], packages: [] },
  { ...pure, name: 'translate', imports: ['api', 'model'], packages: [] },
  { ...pure, name: 'decide', imports: ['api', 'model'], packages: [] },
  { ...pure, name: 'wire', imports: ['api', 'model'], packages: [] },
  { kind: 'folder', builtins: 'io', name: 'observe', imports: ['model'], packages: ['prom-client', 'pino'] },
  { ...pure, name: 'explain', imports: ['api', 'model', 'decide', 'wire', 'observe'], packages: [] },
  { ...io, name: 'proxy', packages: [] },
  { ...io, name: 'control', packages: [] },
  { ...io, name: 'kube', packages: ['@kubernetes/client-node', 'undici'] },
  { ...io, name: 'manifests', packages: ['yaml'] },
  { ...pure, name: 'migrate', imports: ['api', 'model', 'translate'], packages: ['yaml'] },
  { kind: 'folder', builtins: 'any', name: 'demo', imports: ['api', 'model'], packages: 'any' },
  {
    kind: 'folder',
    builtins: 'any',
    name: 'options',
    imports: ['api', 'model', 'translate', 'observe'],
    packages: 'any',
  },
  {
    kind: 'folder',
    builtins: 'any',
    name: 'cli',
    imports: [...pureRings, 'observe', 'explain', ...ioRings, 'migrate', 'demo', 'options'],
    packages: 'any',
  },
  {
    kind: 'file',
    builtins: 'any',
    name: 'main',
    imports: [...pureRings, 'observe', ...ioRings, 'options', 'cli'],
    packages: 'any',
  },
];
