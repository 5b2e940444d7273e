// The table of layers as the linter's import rules: what .oxlintrc.imports.json must hold.
import { deniedIoBuiltins, type Layer, pureBuiltins } from './layers.ts';

/** One override with the import rule of a layer, in the shape of the linter's configuration. */
type ImportOverride = {
  readonly files: readonly string[];
  readonly excludeFiles: readonly string[];
  readonly rules: { readonly 'no-restricted-imports': readonly unknown[] };
};

/** Folders beside src/ that the product never imports from. */
const foldersOutside: readonly string[] = ['test', 'scripts', 'crds'];

/** The text of .oxlintrc.imports.json: one line a layer, in the order of the table. */
export function importRulesFile(layers: readonly Layer[]): string {
  const lines = layers.map((layer) => JSON.stringify(importOverride(layer, layers)));
  return `{ "overrides": [\n${lines.join(',\n')}\n] }\n`;
}

function importOverride(layer: Layer, layers: readonly Layer[]): ImportOverride {
  return {
    files: [layer.kind === 'folder' ? `src/${layer.name}/**/*.ts` : `src/${layer.name}.ts`],
    excludeFiles: ['**/*.test.ts'],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          patterns: [
            {
              group: [...packagePatterns(layer), ...filePatterns(layer, layers)],
              message: 'See the table in test/architecture/layers.ts',
            },
          ],
        },
      ],
    },
  };
}

// Patterns read like those of a .gitignore: the last one that matches decides, and `!` allows.
function packagePatterns(layer: Layer): readonly string[] {
  if (layer.packages === 'any') return [];
  const builtins =
    layer.builtins === 'pure'
      ? pureBuiltins.map((name) => `!${name}`)
      : ['!node:*', '!node:*/**', ...deniedIoBuiltins];
  return ['*', ...builtins, ...layer.packages.flatMap((name) => [`!${name}`, `!${name}/**`])];
}

function filePatterns(layer: Layer, layers: readonly Layer[]): readonly string[] {
  const denied = layers.filter(({ name }) => name !== layer.name && !layer.imports.includes(name));
  const folders = denied.filter(({ kind }) => kind === 'folder').map(({ name }) => name);
  const files = denied.filter(({ kind }) => kind === 'file').map(({ name }) => name);
  return [
    '!./**',
    '!../**',
    ...[...folders, ...foldersOutside].map((name) => `**/${name}/**`),
    ...files.flatMap((name) =>
      layer.kind === 'folder' ? [`../${name}.ts`, `../../${name}.ts`] : [`./${name}.ts`],
    ),
    '*.test.ts',
  ];
}
