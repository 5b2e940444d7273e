// Walks the files of src/ and judges each real import against the table of layers.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { dirname, join, posix } from 'node:path';
import { deniedIoBuiltins, type Layer, pureBuiltins } from './layers.ts';
import { sourceImports } from './source-imports.ts';

/** An import that the table does not allow. */
export type Violation = {
  /** Path from the root, for example `src/decide/match.ts`. */
  readonly file: string;
  readonly line: number;
  readonly specifier: string;
  readonly why: string;
};

const skippedFolders = new Set(['node_modules', '.git', '.cache', 'coverage']);

/** Files below `folder` with one of the endings, as sorted paths from `root`; none where the folder is absent. */
export function filesBelow(root: string, folder: string, ...endings: readonly string[]): readonly string[] {
  if (!existsSync(join(root, folder))) return [];
  const entries = readdirSync(join(root, folder), { withFileTypes: true });
  return entries
    .flatMap((entry) => {
      const path = posix.join(folder, entry.name);
      if (entry.isDirectory())
        return skippedFolders.has(entry.name) ? [] : filesBelow(root, path, ...endings);
      return endings.some((ending) => entry.name.endsWith(ending)) ? [path] : [];
    })
    .toSorted();
}

/** The layer a path of src/ belongs to, or undefined where the table knows none. */
export function layerOf(path: string, layers: readonly Layer[]): Layer | undefined {
  return layers.find(({ name, kind }) =>
    kind === 'folder' ? path.startsWith(`src/${name}/`) : path === `src/${name}.ts`,
  );
}

/** All forbidden imports of the source files below `root`; test files may import what they like. */
export function findViolations(
  root: string,
  layers: readonly Layer[],
  dependencies: readonly string[],
): readonly Violation[] {
  return filesBelow(root, 'src', '.ts')
    .filter((file) => !file.endsWith('.test.ts'))
    .flatMap((file) => {
      const layer = layerOf(file, layers);
      if (layer === undefined) {
        return [{ file, line: 1, specifier: '', why: 'The file belongs to no layer of the table' }];
      }
      return sourceImports(readFileSync(join(root, file), 'utf8')).flatMap(({ specifier, line }) => {
        const why =
          specifier === undefined
            ? 'A computed import cannot be checked'
            : refusal({ file, layer, specifier, layers, dependencies });
        return why === undefined ? [] : [{ file, line, specifier: specifier ?? '', why }];
      });
    });
}

type Question = {
  readonly file: string;
  readonly layer: Layer;
  readonly specifier: string;
  readonly layers: readonly Layer[];
  readonly dependencies: readonly string[];
};

function refusal({ file, layer, specifier, layers, dependencies }: Question): string | undefined {
  if (specifier.startsWith('.')) {
    return fileRefusal(layer, posix.join(dirname(file), specifier), layers);
  }
  if (specifier.startsWith('node:')) return builtinRefusal(layer, specifier);
  if (builtinModules.includes(specifier)) return `Write node:${specifier}`;
  const name = packageName(specifier);
  const allowed = layer.packages === 'any' ? dependencies : layer.packages;
  return allowed.includes(name) ? undefined : `${layer.name} may not import the package ${name}`;
}

function fileRefusal(layer: Layer, target: string, layers: readonly Layer[]): string | undefined {
  if (target.endsWith('.test.ts')) return 'A test file is never imported';
  const owner = layerOf(target, layers);
  if (owner === undefined) return `${target} belongs to no layer of the table`;
  if (owner.name === layer.name || layer.imports.includes(owner.name)) return undefined;
  return `${layer.name} may not import ${owner.name}`;
}

function builtinRefusal(layer: Layer, specifier: string): string | undefined {
  const isAllowed =
    layer.builtins === 'any' ||
    (layer.builtins === 'pure' ? pureBuiltins.includes(specifier) : !deniedIoBuiltins.includes(specifier));
  return isAllowed ? undefined : `${layer.name} may not import ${specifier}`;
}

function packageName(specifier: string): string {
  const parts = specifier.split('/');
  return parts.slice(0, specifier.startsWith('@') ? 2 : 1).join('/');
}
