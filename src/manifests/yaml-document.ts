// Cuts a file into YAML documents and parses each by itself, so that a broken one hurts no other.
// The parser's own messages quote the file and are never shown: each of its codes has a sentence here.
import { LineCounter, parseDocument } from 'yaml';
import type { ErrorCode, Node, YAMLParseError } from 'yaml';
import { toJsonValue, YamlProblem } from './yaml-value.ts';
import type { JsonValue } from '../translate/objects/json-value.ts';

/** One document of a file; lines count from 1 in the file. */
export type YamlDocument = {
  readonly text: string;
  /** Line of the file on which `text` begins. */
  readonly line: number;
};

export type DocumentProblem = { readonly line: number; readonly message: string; readonly remedy: string };

export type DocumentReading =
  | { readonly kind: 'value'; readonly value: JsonValue; readonly tree: DocumentTree }
  | { readonly kind: 'broken'; readonly problem: DocumentProblem };

/** The document with its syntax tree, for whoever needs lines. */
export type DocumentTree = {
  readonly document: YamlDocument;
  readonly root: Node | null;
  /** The line of the file at an offset of the document's text. */
  lineAt(offset: number): number;
};

/** Splits at lines that begin with `---` and white space or nothing, as kubectl does; keeps the line itself. */
export function splitDocuments(text: string): readonly YamlDocument[] {
  const documents: YamlDocument[] = [];
  let start = 0;
  let line = 1;
  let documentLine = 1;
  for (let lineStart = text.indexOf('\n') + 1; lineStart > 0; lineStart = text.indexOf('\n', lineStart) + 1) {
    line += 1;
    if (!isSeparatorAt(text, lineStart)) continue;
    documents.push({ text: text.slice(start, lineStart), line: documentLine });
    start = lineStart;
    documentLine = line;
  }
  documents.push({ text: text.slice(start), line: documentLine });
  return documents;
}

/** Reads one document to JSON, or says what is wrong with it. An empty document is `null`. */
export function readDocument(document: YamlDocument): DocumentReading {
  const lines = new LineCounter();
  const lineAt = (offset: number): number => document.line + Math.max(lines.linePos(offset).line, 1) - 1;
  try {
    const parsed = parseTree(document.text, lines);
    const error = findUnsupported(document.text) ?? parsed.errors.map(toProblem)[0];
    if (error !== undefined) throw error;
    const tree = { document, root: parsed.contents, lineAt };
    return { kind: 'value', value: toJsonValue(parsed.contents), tree };
  } catch (error) {
    const problem = error instanceof YamlProblem ? error : tooDeep();
    const { message, remedy, offset } = problem;
    return {
      kind: 'broken',
      problem: { line: lineAt(Math.min(offset, document.text.length)), message, remedy },
    };
  }
}

/** What kubectl refuses and the parser does not, or only in unclear words. */
function findUnsupported(text: string): YamlProblem | undefined {
  const control = text.search(controlCharacter);
  if (control !== -1) {
    return new YamlProblem('The document holds a control character', 'Remove it', control);
  }
  const content = findContent(text);
  if (text[content] !== '%') return undefined;
  return new YamlProblem(sentences.BAD_DIRECTIVE.message, sentences.BAD_DIRECTIVE.remedy, content);
}

/** The first character that is neither white space nor in a comment; the length of the text if there is none. */
function findContent(text: string): number {
  const visible = /\S/g;
  for (let match = visible.exec(text); match !== null; match = visible.exec(text)) {
    if (match[0] !== '#') return match.index;
    const end = text.indexOf('\n', match.index);
    visible.lastIndex = end === -1 ? text.length : end;
  }
  return text.length;
}

function toProblem(error: YAMLParseError): YamlProblem {
  const { message, remedy } = sentences[error.code];
  return new YamlProblem(message, remedy, Math.max(error.pos[0], 0));
}

/** The parser recurses: deep nesting ends as a RangeError, and nothing else is known to be thrown. */
function tooDeep(): YamlProblem {
  return new YamlProblem(sentences.RESOURCE_EXHAUSTION.message, sentences.RESOURCE_EXHAUSTION.remedy, 0);
}

/** The syntax tree of a text, errors inside; scalars stay text, yaml-value.ts gives them their types. */
export function parseTree(text: string, lineCounter: LineCounter): ReturnType<typeof parseDocument> {
  return parseDocument(text, {
    lineCounter,
    schema: 'failsafe',
    resolveKnownTags: false,
    // Our own check is linear, and sees keys that become equal as strings.
    uniqueKeys: false,
    prettyErrors: false,
    // 'silent' would also hide a second document.
    logLevel: 'error',
  });
}

function isSeparatorAt(text: string, index: number): boolean {
  if (!text.startsWith('---', index)) return false;
  const next = text[index + 3];
  return next === undefined || next === '\n' || next === '\r' || next === ' ' || next === '\t';
}

// biome-ignore format: one class of characters
// oxlint-disable-next-line no-control-regex
const controlCharacter = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u0084\u0086-\u009f\ufffe\uffff]/;

type Sentence = { readonly message: string; readonly remedy: string };

const seeSyntax = 'Check quotes, brackets, colons and indentation at and above this line';
const unexpected: Sentence = { message: 'Something stands where YAML does not allow it', remedy: seeSyntax };
const badAnchor: Sentence = {
  message: 'An anchor (&) or alias (*) is written wrongly',
  remedy: 'Write the value out, or correct the anchor',
};
const badTag: Sentence = {
  message: 'A tag (!) is not supported',
  remedy: 'Remove the tag; put strings in quotes',
};
const badKey: Sentence = {
  message: 'A key must be a short text on one line, followed by a colon and a space',
  remedy: 'Check the colons at and above this line; put values that hold a colon and a space in quotes',
};

const sentences: Readonly<Record<ErrorCode, Sentence>> = {
  ALIAS_PROPS: badAnchor,
  BAD_ALIAS: badAnchor,
  MULTIPLE_ANCHORS: badAnchor,
  BAD_COLLECTION_TYPE: badTag,
  MULTIPLE_TAGS: badTag,
  TAG_RESOLVE_FAILED: badTag,
  BAD_PROP_ORDER: unexpected,
  IMPOSSIBLE: unexpected,
  UNEXPECTED_TOKEN: unexpected,
  BAD_DIRECTIVE: {
    message: 'A directive (%) is not supported',
    remedy: 'Remove the line that begins with %',
  },
  BAD_DQ_ESCAPE: {
    message: 'A text in double quotes holds an unknown escape (\\)',
    remedy: 'Use single quotes, or double the backslash',
  },
  BAD_INDENT: {
    message: 'The indentation does not fit the lines above, or a bracket above is not closed',
    remedy: 'Align the line with its siblings, or close the bracket',
  },
  BAD_SCALAR_START: {
    message: 'A value begins with a character that YAML reserves (@ or `)',
    remedy: 'Put the value in quotes',
  },
  BLOCK_AS_IMPLICIT_KEY: badKey,
  KEY_OVER_1024_CHARS: badKey,
  MULTILINE_IMPLICIT_KEY: badKey,
  NON_STRING_KEY: badKey,
  BLOCK_IN_FLOW: {
    message: 'An indented block stands inside { } or [ ]',
    remedy: 'Use one of the two styles, or close the bracket above',
  },
  DUPLICATE_KEY: { message: 'A key stands twice in the same map', remedy: 'Remove one of the two' },
  MISSING_CHAR: {
    message: 'A quote, bracket, colon, comma, dash or space is missing',
    remedy: seeSyntax,
  },
  MULTIPLE_DOCS: {
    message: 'A second document follows without a line of three dashes',
    remedy: 'Put a line --- between the documents',
  },
  RESOURCE_EXHAUSTION: { message: 'The document is nested too deeply', remedy: 'Flatten it' },
  TAB_AS_INDENT: {
    message: 'A tab stands where only spaces may indent',
    remedy: 'Replace the tab with spaces',
  },
};
