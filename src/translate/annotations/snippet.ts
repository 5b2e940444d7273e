// Whether a piece of nginx configuration keeps anybody out. Snippets never run: one that only tunes is passed over with a
// warning, one that restricts closes the site. What cannot be read as nginx would read it counts as restricting.

/** Directives of nginx and its usual modules that refuse requests, or whose effect the snippet does not show. */
const refusing =
  /^(allow|deny|satisfy|internal|include|perl|perl_set|valid_referers|secure_link.*|auth_.*|limit_.*|ssl_client_certificate|ssl_crl|ssl_reject_handshake|ssl_trusted_certificate|ssl_verify_.*|.*_by_lua.*|js_.*|modsecurity.*|app_protect.*|testcookie.*|secrules.*|(basic|check|main)rule)$/u;
/** Answers that send somebody elsewhere, and refuse nobody. */
const redirecting = /^([123][0-9]{2}$|https?:|\/)/u;

/** True if any statement in the text may refuse a request. */
export function restrictsAccess(snippet: string): boolean {
  const statements = readStatements(snippet);
  return statements === undefined || statements.some(isRestricting);
}

function isRestricting([directive = '', ...words]: readonly string[]): boolean {
  const name = directive.toLowerCase();
  if (name.includes('\\') || refusing.test(name)) return true;
  if (name === 'return') return !redirecting.test(words[0] ?? '');
  return name === 'try_files' && words.some((word) => /^=[45][0-9]{2}$/u.test(word));
}

/** The statements of the text, each as its words without quotes; undefined where a quote does not end. */
function readStatements(text: string): readonly (readonly string[])[] | undefined {
  const statements: (readonly string[])[] = [];
  let words: string[] = [];
  let at = 0;
  while (at < text.length) {
    const end = endOfToken(text, at);
    if (end === undefined) return undefined;
    const token = text.slice(at, end);
    if (/^[;{}]$/u.test(token)) {
      statements.push(words);
      words = [];
    } else if (!/^[\s#]/u.test(token)) {
      words.push(token.replaceAll(/^["']|["']$/gu, ''));
    }
    at = end;
  }
  return [...statements, words].filter((statement) => statement.length > 0);
}

/** As nginx cuts a configuration file: white space, a comment, a mark, a text in quotes, or a word. */
function endOfToken(text: string, at: number): number | undefined {
  const first = text.charAt(at);
  if (/[\s;{}]/u.test(first)) return at + 1;
  if (first === '#') return (text.indexOf('\n', at) + 1 || text.length + 1) - 1;
  return first === '"' || first === "'" ? endOfQuote(text, at, first) : endOfWord(text, at);
}

function endOfQuote(text: string, at: number, quote: string): number | undefined {
  for (let index = at + 1; index < text.length; index += 1) {
    const char = text.charAt(index);
    if (char === quote) return index + 1;
    if (char === '\\') index += 1;
  }
  return undefined;
}

/** Quotes and closing braces inside a word belong to it, and so does the brace of a variable such as `${host}`. */
function endOfWord(text: string, at: number): number {
  let index = at;
  while (index < text.length) {
    const char = text.charAt(index);
    const isBlock = char === '{' && text.charAt(index - 1) !== '$';
    if (isBlock || /[\s;]/u.test(char)) return index;
    index += char === '\\' ? 2 : 1;
  }
  return text.length;
}
