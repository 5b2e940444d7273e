// The tables of a Markdown page, for tests that hold a page to what it claims.
export type Table = {
  /** Heading of the section, of any level. */
  readonly section: string;
  readonly header: readonly string[];
  /** Cells as they are written, without blanks at their ends. */
  readonly rows: readonly (readonly string[])[];
};

export function tablesOf(markdown: string): readonly Table[] {
  const tables: { section: string; header: readonly string[]; rows: (readonly string[])[] }[] = [];
  let section = '';
  let isInTable = false;
  for (const line of markdown.replaceAll(/^```[\s\S]*?^```$/gmu, '').split('\n')) {
    if (line.startsWith('#')) section = line.replace(/^#+ /u, '');
    if (!line.startsWith('|')) isInTable = false;
    else if (!isInTable) {
      tables.push({ section, header: cellsOf(line), rows: [] });
      isInTable = true;
    } else if (!/^\|[ |:-]+\|$/u.test(line)) tables.at(-1)?.rows.push(cellsOf(line));
  }
  return tables;
}

/** The words in code quotes of a cell. */
export function wordsOf(cell = ''): readonly string[] {
  return [...cell.matchAll(/`([^`]+)`/gu)].map(([, word = '']) => word);
}

function cellsOf(line: string): readonly string[] {
  return line
    .split(/(?<!\\)\|/u)
    .slice(1, -1)
    .map((cell) => cell.trim());
}
