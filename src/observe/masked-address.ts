// A client's address as a page may show it: its network, not the client.

/** `203.0.113.x`; of IPv6 the first three groups, which is what a site is given. Anything else is shown as a blank. */
export function maskAddress(text: string): string {
  const [, network] = /^([0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3})\.[0-9]{1,3}$/.exec(text) ?? [];
  if (network !== undefined) return `${network}.x`;
  if (!text.includes(':') || !/^[0-9a-f:.]+$/i.test(text)) return '';
  const [start = ''] = text.split('::', 1);
  const groups = start.split(':').slice(0, 3);
  return `${[...groups, ...Array<string>(3 - groups.length).fill('0')].map((group) => group || '0').join(':')}:x`;
}
