// Hosts and the wildcards that answer for them, as certificates, pins and sites all mean it: exactly one label.

/** `*.example.com` for `chat.example.com`, and for itself; undefined for a name without a dot. */
export function wildcardOf(host: string): string | undefined {
  const dot = host.indexOf('.');
  return dot === -1 ? undefined : `*${host.slice(dot)}`;
}

export function isWildcard(host: string): boolean {
  return host.startsWith('*.');
}
