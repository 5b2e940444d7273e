// Completion for zsh: sourced after compinit, or as a file _mattermost-ingress of a folder in fpath.
import type { CommandWords, Described, Value } from './command-words.ts';
import { pathPatterns, quoted, type ScriptFacts, valueCases } from './script.ts';

export function zshScript(commands: readonly CommandWords[], { program, version }: ScriptFacts): string {
  const name = `_${program.replaceAll('-', '_')}`;
  return `#compdef ${program}
# zsh completion of ${program} ${version}; for this shell, after compinit: source <(${program} completion zsh)
${name}() {
  local command='' before=$words[CURRENT-1] word
  local -a names options
  if [[ $PREFIX == --*=* ]]; then before=\${PREFIX%%=*}; compset -P '*='; fi
  for word in $words[2,CURRENT-1]; do
    case "$command $word" in
      ${pathPatterns(commands).join('|')}) command="\${command:+$command }$word" ;;
    esac
  done
  case "$command $before" in
${valueCases(commands, (value) => `${offer(value)}; return`).join('\n')}
  esac
  case "$command" in
${commands.map(commandCase).join('\n')}
  esac
}
if [[ $funcstack[1] == _${program} ]]; then ${name} "$@"; else compdef ${name} ${program}; fi
`;
}

function commandCase({ path, commands, options, operand }: CommandWords): string {
  const described = options.flatMap(({ names, description }) => names.map((name) => ({ name, description })));
  const below = commands.length > 0 ? [`names=(${entries(commands)}); _describe command names`] : [];
  const otherwise = [...below, offer(operand)].join('; ');
  return `    ${quoted(path)})
      if [[ $PREFIX == -* ]]; then options=(${entries(described)}); _describe -o option options
      else ${otherwise}; fi ;;`;
}

/** As _describe reads them: a colon parts the name from what it is. */
function entries(list: readonly Described[]): string {
  return list.map(({ name, description }) => quoted(`${name}:${description.replaceAll('\\', '')}`)).join(' ');
}

function offer(value: Value | undefined): string {
  if (value?.kind === 'words') return `compadd -- ${value.words.map(quoted).join(' ')}`;
  if (value?.kind === 'file') return '_files';
  return value?.kind === 'folder' ? '_files -/' : ':';
}
