// Paths of fields as findings name them: `spec.rules[0].name`, `data["tls.crt"]`. Pure text, there and back.

const plainName = /^[A-Za-z][A-Za-z0-9]{0,62}$/;

/** Appends a list index or a map key to a path; unusual keys stand in brackets and quotes. */
export function joinField(path: string, part: string | number): string {
  if (typeof part === 'number') return `${path}[${part}]`;
  if (!plainName.test(part)) return `${path}[${JSON.stringify(part.slice(0, 63))}]`;
  return path === '' ? part : `${path}.${part}`;
}

/** The parts of a path, list indexes as digits; the counterpart of `joinField`. */
export function splitField(path: string): readonly string[] {
  const parts = path.match(/\["(?:[^"\\]|\\.)*"\]|[^.[\]]+/g) ?? [];
  return parts.map((part) => (part.startsWith('["') ? unquote(part.slice(1, -1)) : part));
}

function unquote(quoted: string): string {
  try {
    return String(JSON.parse(quoted));
  } catch {
    return quoted;
  }
}
