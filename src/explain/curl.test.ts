// Pasted curl commands: what browsers copy, what people type, and what cannot be read, with its place.
import { describe, expect, test } from 'vitest';
import { readCurl } from './curl.ts';
import type { RequestDraft } from './draft.ts';

const CHROME = String.raw`curl 'https://chat.example.com/api/v4/users/me?x=1' \
  -H 'accept: */*' \
  -H 'accept-language: en' \
  -b 'MMAUTHTOKEN=abc; MMUSERID=def' \
  -H $'x-quote: it\'s \u00fcber' \
  -H 'user-agent: Mozilla/5.0' \
  --data-raw '{"a":"@b"}' \
  --compressed`;

describe('what browsers copy', () => {
  test('of Chrome', () => {
    expect(readCurl(CHROME)).toEqual<RequestDraft>({
      method: 'POST',
      url: 'https://chat.example.com/api/v4/users/me?x=1',
      fields: [
        ['accept', '*/*'],
        ['accept-language', 'en'],
        ['x-quote', "it's über"],
        ['user-agent', 'Mozilla/5.0'],
        ['Accept-Encoding', 'deflate, gzip'],
        ['Cookie', 'MMAUTHTOKEN=abc; MMUSERID=def'],
        ['Content-Type', 'application/x-www-form-urlencoded'],
      ],
      bodyBytes: 10,
      notes: [],
    });
  });

  test('of Firefox, with lines of Windows', () => {
    const text =
      "curl 'https://chat.example.com/' \\\r\n  -X POST \\\r\n  -H 'User-Agent: x' -H 'Accept: y' --http2\r\n";
    expect(readCurl(text)).toMatchObject({ method: 'POST', url: 'https://chat.example.com/', version: '2' });
  });
});

describe('what people type', () => {
  test.each<[string, Partial<RequestDraft>]>([
    [
      'curl chat.example.com',
      {
        method: 'GET',
        url: 'http://chat.example.com',
        fields: [
          ['User-Agent', 'curl'],
          ['Accept', '*/*'],
        ],
      },
    ],
    ['curl -I https://a.test', { method: 'HEAD' }],
    ['curl -sSkXPUT https://a.test', { method: 'PUT' }],
    ['curl -vX DELETE https://a.test', { method: 'DELETE' }],
    ['curl --url https://a.test --max-time 3', { url: 'https://a.test' }],
    ['curl https://a.test -d a=b -d c=d', { method: 'POST', bodyBytes: 7 }],
    ['curl -G https://a.test/?x=1 -d a=b', { method: 'GET', url: 'https://a.test/?x=1&a=b' }],
    [
      'curl https://a.test -d @file',
      { method: 'POST', notes: ['The size of the body is not known: --body-bytes N says it'] },
    ],
    [
      'curl https://a.test --cert c.pem --tlsv1.2 -0',
      { hasCertificate: true, tlsVersion: '1.2', version: '1.0' },
    ],
    ['curl "https://a.test/a\\"b"', { url: 'https://a.test/a"b' }],
    ['curl https://a.test/a\\ b', { url: 'https://a.test/a b' }],
  ])('%s', (text, draft) => {
    expect(readCurl(text)).toMatchObject(draft);
  });

  test.each([
    ["-H 'Accept:'", [['User-Agent', 'curl']]],
    [
      "-H 'X-Empty;'",
      [
        ['X-Empty', ''],
        ['User-Agent', 'curl'],
        ['Accept', '*/*'],
      ],
    ],
    [
      '-u a:b',
      [
        ['Authorization', 'Basic YTpi'],
        ['User-Agent', 'curl'],
        ['Accept', '*/*'],
      ],
    ],
    [
      "-b a=1 --cookie 'b=2'",
      [
        ['Cookie', 'a=1; b=2'],
        ['User-Agent', 'curl'],
        ['Accept', '*/*'],
      ],
    ],
  ])('fields: %s', (options, fields) => {
    expect(readCurl(`curl https://a.test ${options}`).fields).toEqual(fields);
  });
});

describe('what cannot be read names its place, what is wrong and what was understood, never a value', () => {
  test.each([
    ["curl 'https://canary.test", 'line 1, column 6', "the quote ' is never closed"],
    [
      "curl 'https://a.test' \\\n  -H 'X-Secret: canary' \\\n  -H \"open",
      'line 3, column 6',
      'the quote " is never closed',
    ],
    [
      "curl https://a.test -H 'X-Secret: canary' --nope",
      'line 1, column 43',
      'the option --nope is not understood',
    ],
    ["curl https://a.test -H 'X-Secret: canary' --heder x", 'line 1, column 43', 'did you mean --header?'],
    [
      "curl https://a.test -H 'X-Secret: canary' --foo=canary",
      'line 1, column 43',
      'the option --foo is not understood',
    ],
    ["curl https://a.test -H 'X-Secret: canary' -Z", 'line 1, column 43', 'the option -Z is not understood'],
    ["curl https://a.test -H 'X-Secret: canary' -H", 'line 1, column 43', 'the option -H lacks its value'],
    ["curl https://a.test -H 'X-Secret: canary' https://canary.test", 'line 1, column 43', 'a second URL'],
    ["curl https://a.test -H 'X-Secret: canary' -H canary", 'line 1, column 43', 'a header is NAME: VALUE'],
    [
      "curl https://a.test -H 'X-Secret: canary' -b jar.txt",
      'line 1, column 43',
      'a file of cookies is not read',
    ],
    ['curl "$URL" -H canary', 'line 1, column 7', '$ in double quotes is for a shell'],
    ['curl https://a.test | grep canary', 'line 1, column 21', '| is for a shell'],
    ['curl https://a.test?a=b&c=canary', 'line 1, column 24', '& is for a shell'],
    [
      "curl -H 'X-Secret: canary'",
      'line 1, column 27',
      'no URL is given; understood so far: header X-Secret',
    ],
    ['wget https://canary.test', 'line 1, column 1', 'a curl command begins with curl'],
    ['curl ^"https://canary.test^"', 'line 1, column 6', 'this was copied for cmd of Windows'],
    ["curl $'never \\x4", 'line 1, column 6', "the quote $' is never closed"],
  ])('%s', (text, place, problem) => {
    const read = () => readCurl(text);
    expect(read).toThrow(place);
    expect(read).toThrow(problem);
    expect(read).not.toThrow('canary');
  });

  test('understood is told by name', () => {
    expect(() => readCurl("curl -X POST https://a.test -H 'X-Secret: canary' -b a=b --nope")).toThrow(
      'understood so far: method POST, a URL, header X-Secret, cookies',
    );
  });

  test('what was understood steers no terminal', () => {
    expect(() => readCurl("curl -X $'\\e[2J\\nGET' -H $'\\u202eA: b' https://a.test --nope")).toThrow(
      'understood so far: method \\x1b[2J\\x0aGET, a URL, header \\x202eA',
    );
  });

  test.each(["'", '"a', ' -', "$'x", ' -H', ' \\\n'])('a megabyte of %j is refused', (part) => {
    expect(() => readCurl(`curl ${part.repeat(300_001)}`)).toThrow('line ');
  });
});
