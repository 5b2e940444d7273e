// Field names in lower case. Those that browsers, apps and Mattermost send all the time are found instead of made:
// to V8 they are then one string each, so that every later look by name compares an address.

const COMMON: readonly string[] = [
  'accept accept-encoding accept-language accept-ranges age authorization cache-control connection',
  'content-disposition content-encoding content-language content-length content-security-policy content-type cookie',
  'date dnt etag expect expires forwarded host if-match if-modified-since if-none-match keep-alive last-modified',
  'link location origin permissions-policy pragma priority proxy-connection range referer referrer-policy server',
  'sec-ch-ua sec-ch-ua-mobile sec-ch-ua-platform sec-fetch-dest sec-fetch-mode sec-fetch-site sec-fetch-user',
  'sec-websocket-accept sec-websocket-extensions sec-websocket-key sec-websocket-protocol sec-websocket-version',
  'set-cookie strict-transport-security te trailer transfer-encoding upgrade upgrade-insecure-requests user-agent',
  'vary via www-authenticate x-content-type-options x-csrf-token x-forwarded-for x-forwarded-host',
  'x-forwarded-port x-forwarded-prefix x-forwarded-proto x-forwarded-server x-frame-options',
  'x-mattermost-preauth-secret x-mattermost-userid x-real-ip x-reject-reason x-request-id x-requested-with',
  'x-version-id x-xss-protection',
].flatMap((line) => line.split(' '));

type Spelling = { readonly lower: string; readonly usual: string };

const SHAPES = 256;
const BY_SHAPE = groupByShape();

function groupByShape(): readonly (readonly Spelling[])[] {
  const groups: Spelling[][] = Array.from({ length: SHAPES }, () => []);
  for (const lower of COMMON) {
    const usual = lower.replace(/\b[a-z]/g, (letter) => letter.toUpperCase());
    groups[shapeOf(lower)]?.push({ lower, usual });
  }
  return groups;
}

/** Length, first and last letter, case aside: a Map would have to enter each name in V8's table of strings first. */
function shapeOf(name: string): number {
  const first = name.charCodeAt(0) & 0x1f;
  const last = name.charCodeAt(name.length - 1) & 0x1f;
  return (name.length * 5 + first * 3 + (last << 3)) & (SHAPES - 1);
}

/** @param name a token, and so ASCII */
export function lowerCaseName(name: string): string {
  for (const { lower, usual } of BY_SHAPE[shapeOf(name)] ?? []) {
    if (name === usual || name === lower) return lower;
  }
  return name.toLowerCase();
}
