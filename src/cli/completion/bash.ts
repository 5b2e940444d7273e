// Completion for bash, 3.2 of macOS included.
import type { CommandWords, Value } from './command-words.ts';
import { pathPatterns, quoted, type ScriptFacts, valueCases } from './script.ts';

export function bashScript(commands: readonly CommandWords[], { program, version }: ScriptFacts): string {
  const name = `_${program.replaceAll('-', '_')}`;
  return `# bash completion of ${program} ${version}; for this shell: source <(${program} completion bash)
${name}() {
  local word=\${COMP_WORDS[COMP_CWORD]} before=\${COMP_WORDS[COMP_CWORD-1]} command='' kind='' words='' index
  # bash takes --name=value for three words.
  if [[ $word == '=' ]]; then word=''; elif [[ $before == '=' ]]; then before=\${COMP_WORDS[COMP_CWORD-2]}; fi
  for ((index = 1; index < COMP_CWORD; index++)); do
    case "$command \${COMP_WORDS[index]}" in
      ${pathPatterns(commands).join('|')})
        command="\${command:+$command }\${COMP_WORDS[index]}" ;;
    esac
  done
  case "$command $before" in
${valueCases(commands, (value) => assignments(value).join() || ':').join('\n')}
    *) case "$command" in
${commands.map(commandCase).join('\n')}
    esac ;;
  esac
  local IFS=$' \\n'
  COMPREPLY=($(compgen -W "$words" -- "$word"))
  IFS=$'\\n'
  case "$kind" in
    file) compopt -o filenames 2>/dev/null; COMPREPLY+=($(compgen -f -- "$word")) ;;
    folder) compopt -o filenames 2>/dev/null; COMPREPLY+=($(compgen -d -- "$word")) ;;
  esac
}
complete -F ${name} ${program}
`;
}

function commandCase({ path, commands, options, operand }: CommandWords): string {
  const optionNames = quoted(options.flatMap(({ names }) => names).join(' '));
  const commandNames = quoted(commands.map(({ name }) => name).join(' '));
  const otherwise = [...(commands.length > 0 ? [`words=${commandNames}`] : []), ...assignments(operand)];
  return `      ${quoted(path)}) if [[ $word == -* ]]; then words=${optionNames}; else ${otherwise.join('; ') || ':'}; fi ;;`;
}

function assignments(value: Value | undefined): readonly string[] {
  if (value === undefined || value.kind === 'free') return [];
  return [value.kind === 'words' ? `words=${quoted(value.words.join(' '))}` : `kind=${value.kind}`];
}
