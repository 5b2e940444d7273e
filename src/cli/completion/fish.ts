// Completion for fish.
import type { CommandWords, OptionWords, Value } from './command-words.ts';
import type { ScriptFacts } from './script.ts';

export function fishScript(commands: readonly CommandWords[], { program, version }: ScriptFacts): string {
  const name = `__${program.replaceAll('-', '_')}_at`;
  // Of the command so far, a blank, and the next word.
  const paths = commands
    .filter(({ path }) => path !== '')
    .map(({ path }) => fishQuoted(path.includes(' ') ? path : ` ${path}`));
  const lines = commands.flatMap((each) => {
    const start = `complete -c ${program} -n ${fishQuoted(`${name} ${fishQuoted(each.path)}`)}`;
    return linesOf(each).map((line) => `${start} ${line}`);
  });
  return `# fish completion of ${program} ${version}; for this shell: ${program} completion fish | source
function ${name} --description 'Is it the command with these words that is being typed'
    set -l path
    for word in (commandline -opc)[2..-1]
        if contains -- "$path $word" ${paths.join(' ')}
            set -a path $word
        end
    end
    test "$path" = "$argv"
end
complete -c ${program} -f
${lines.join('\n')}
`;
}

function linesOf({ commands, options, operand }: CommandWords): readonly string[] {
  const names = commands.map(({ name, description }) => `-a ${name} -d ${fishQuoted(description)}`);
  const operands = operand === undefined || operand.kind === 'free' ? [] : [offer(operand)];
  return [...names, ...operands, ...options.map(optionLine)];
}

function optionLine({ names, description, value }: OptionWords): string {
  const forms = names.map((name) => (name.startsWith('--') ? `-l ${name.slice(2)}` : `-s ${name.slice(1)}`));
  const taken = value === undefined ? '' : ` -r ${offer(value)}`;
  return `${forms.join(' ')}${taken} -d ${fishQuoted(description)}`;
}

function offer(value: Value): string {
  if (value.kind === 'words') return `-f -a ${fishQuoted(value.words.join(' '))}`;
  if (value.kind === 'file') return '-F';
  return value.kind === 'folder' ? `-f -a ${fishQuoted('(__fish_complete_directories)')}` : '-f';
}

function fishQuoted(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", String.raw`\'`)}'`;
}
