// Reads the imports of source text: static, re-exported, type-only, dynamic, and files named by URL.

/** One import as it stands in a file; `specifier` is undefined where it is computed and cannot be judged. */
export type SourceImport = { readonly specifier: string | undefined; readonly line: number };

// Formatted code begins its statements at the line start, so a multi-line clause needs no real parser.
const patterns: readonly RegExp[] = [
  /^import\s+(?:[^'";]*?\sfrom\s*)?(['"])(?<specifier>[^'"]+)\1/gm,
  /^export\s+(?:type\s+)?(?:\*(?:\s+as\s+\w+)?|\{[^}]*\})\s*from\s*(['"])(?<specifier>[^'"]+)\1/gm,
  /\bimport\s*\(\s*(?:(['"])(?<specifier>[^'"]+)\1)?/g,
  /\bnew URL\(\s*(['"])(?<specifier>\.[^'"]*\.ts)\1/g,
  /\b(?:import\.meta\.resolve|require)\(\s*(?:(['"])(?<specifier>[^'"]+)\1)?/g,
];

/** Every import of one TypeScript text, by line. Comments that open a line are not read. */
export function sourceImports(text: string): readonly SourceImport[] {
  const code = text.replaceAll(/^\s*(?:\/\/|\/?\*).*$/gm, '');
  return patterns
    .flatMap((pattern) => [...code.matchAll(pattern)])
    .map((match) => ({
      specifier: match.groups?.['specifier'],
      line: code.slice(0, match.index).split('\n').length,
    }))
    .toSorted((one, other) => one.line - other.line);
}
