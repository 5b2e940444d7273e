// Which pieces of nginx configuration keep somebody out.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { restrictsAccess } from './snippet.ts';

const imageCache = `
location ~ /api/v[0-9]+/(users/)?websocket$ {
  proxy_set_header Upgrade $http_upgrade;
  proxy_set_header Connection "upgrade";
  client_max_body_size 50M;
  proxy_pass http://backend;
}
# deny all; is what others do
proxy_cache mattermost_cache; proxy_cache_valid 200 302 1h;
more_set_headers "X-Frame-Options: deny; allow";
add_header 'X-Note' 'auth_basic { } return 403;';
add_header X-\${host}-allow "1";
if ($host = "old.example.com") { return 301 https://chat.example.com$request_uri; }
try_files $uri /index.html;
rewrite ^/deny$ /allow last;`;

describe('snippets', () => {
  test.each(['', ' \n', '# deny all;', imageCache, 'return https://chat.example.com/;', 'gzip on', ';;}{'])(
    'passes: %j',
    (snippet) => {
      expect(restrictsAccess(snippet)).toBe(false);
    },
  );

  test.each([
    'deny all;',
    'allow 192.0.2.0/24; deny all;',
    'gzip on;deny all',
    'gzip on; "deny" all;',
    "'deny' all;",
    'DENY all;',
    'de\\ny all;',
    'add_header X "#"; deny all;',
    'add_header X a#b; deny all;',
    "add_header X '\"'; deny all; add_header Y '\"';",
    'add_header X "\\""; deny all;',
    'location /admin { deny all; }',
    'location /a${b} {deny all;}',
    'auth_basic "x";',
    'auth_request /auth;',
    'auth_jwt "x";',
    'satisfy any;',
    'if ($http_x != "a") { return 403; }',
    'return 444;',
    'return $code;',
    'return',
    'try_files $uri =404;',
    'limit_req zone=a;',
    'limit_conn a 5;',
    'limit_except GET { }',
    'valid_referers none;',
    'ssl_verify_client on;',
    'access_by_lua_block { ngx.exit(403) }',
    'content_by_lua_file a.lua;',
    'js_content a;',
    'include /etc/nginx/deny.conf;',
    'modsecurity on;',
    'SecRulesEnabled;',
    'internal;',
    'secure_link $arg_md5;',
    'add_header X "never ends',
  ])('restricts: %s', (snippet) => {
    expect(restrictsAccess(snippet)).toBe(true);
  });

  test('a refusal is found whatever stands around it', () => {
    const noise = fc.constantFrom(
      'gzip on;',
      '# note\n',
      'add_header A "b;{}#";',
      'location / {',
      '}',
      ' ',
      '\t\n',
    );
    const property = fc.property(fc.array(noise), fc.array(noise), (before, after) => {
      expect(restrictsAccess([...before, 'deny all;', ...after].join(''))).toBe(true);
    });
    fc.assert(property);
  });

  test('any text is judged, and long ones too', () => {
    fc.assert(fc.property(fc.string(), (text) => typeof restrictsAccess(text) === 'boolean'));
    expect(restrictsAccess('"'.repeat(2_000_000))).toBe(false);
    expect(restrictsAccess('{'.repeat(500_000))).toBe(false);
    expect(restrictsAccess('a'.repeat(4_000_000))).toBe(false);
  });
});
