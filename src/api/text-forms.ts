// The spellings that fields of a policy share: names, hosts, paths, durations. Used by policy-*.ts.
import { rules } from './policy-rules.ts';
import { DURATION_PATTERN, SIZE_PATTERN } from './quantities.ts';
import type { TextForm } from './schema-node.ts';

const LABEL = '[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?';
const HEADER_TOKEN = "[A-Za-z0-9!#$%&'*+.^_`|~-]";
const PATH_SEGMENT = '[a-z0-9_~-][a-z0-9._~-]*';

/** Name of a Secret (RFC 1123 subdomain). */
export const objectName: TextForm = {
  pattern: `^${LABEL}([.]${LABEL})*$`,
  maxLength: 253,
  hint: 'the name of a Kubernetes object: lower-case letters, digits, hyphens and dots',
};

/** Name of a Service, a port or a rule (RFC 1123 label). */
export const labelName: TextForm = {
  pattern: `^${LABEL}$`,
  maxLength: 63,
  hint: 'lower-case letters, digits and hyphens, beginning and ending with a letter or digit',
};

/** Host of a site: exact, or `*.` for exactly one label. */
export const host: TextForm = {
  pattern: `^([*][.])?${LABEL}([.]${LABEL})*$`,
  maxLength: 253,
  hint: 'a lower-case DNS name such as chat.example.com or *.example.com, without scheme, port or final dot',
  ...rules('host-not-address'),
};

/** DNS name in a certificate; no wildcard. */
export const dnsName: TextForm = {
  pattern: `^${LABEL}([.]${LABEL})*$`,
  maxLength: 253,
  hint: 'a lower-case DNS name such as mattermost.chat.svc',
};

/** Path below which a site lives, or for which a cookie is valid. */
export const sitePath: TextForm = {
  pattern: `^/(${PATH_SEGMENT}(/${PATH_SEGMENT})*)?$`,
  maxLength: 128,
  hint: 'an absolute lower-case path such as / or /chat, without trailing slash, escapes or segments that begin with a dot',
};

/** What a health check asks for, query included; no fragment, which is never sent. */
export const checkPath: TextForm = {
  pattern: '^/[!"$-~]*$',
  maxLength: 512,
  hint: 'an absolute path such as /api/v4/system/ping, of printable ASCII without blanks and without #',
};

/** Name of a request header (RFC 9110 section 5.6.2, token). */
export const headerName: TextForm = {
  pattern: `^${HEADER_TOKEN}+$`,
  maxLength: 128,
  hint: 'a header name such as X-Mattermost-Preauth-Secret',
  ...rules('header-name-reserved'),
};

/** Text that a header line can hold (RFC 9110 section 5.5, without obs-text); blanks at its ends never arrive. */
export const headerText: TextForm = {
  pattern: '^[!-~]([ -~]*[!-~])?$',
  maxLength: 1024,
  hint: 'printable ASCII that neither begins nor ends with a blank',
};

/** Name of a cookie that a rule looks at (RFC 6265 section 4.1.1, token). */
export const cookieName: TextForm = {
  pattern: `^${HEADER_TOKEN}+$`,
  maxLength: 128,
  hint: 'a cookie name such as MMAUTHTOKEN',
};

/** Name of a cookie that we set; no prefix such as `__Host-`, which demands attributes of its own. */
export const ownCookieName: TextForm = {
  pattern: '^[A-Za-z][A-Za-z0-9._-]*$',
  maxLength: 64,
  hint: 'letters, digits, dots, hyphens and underscores, beginning with a letter',
  ...rules('sticky-cookie-name'),
};

/** Duration (GEP-2257). */
export const duration: TextForm = {
  pattern: DURATION_PATTERN,
  maxLength: 32,
  hint: 'a duration such as 90s, 1h30m or 500ms (h, m, s, ms; no days)',
};

/** Size in bytes. */
export const size: TextForm = {
  pattern: SIZE_PATTERN,
  maxLength: 16,
  hint: 'a size such as 110Mi, 512Ki or 0 (bytes, Ki, Mi, Gi; no other units)',
};
