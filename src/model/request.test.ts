// singleField: what a field says only where it stands once.
import { expect, test } from 'vitest';
import { type RequestHead, singleField } from './request.ts';

/** All that singleField looks at. */
function headOf(...fields: readonly string[]): RequestHead {
  return {
    method: 'GET',
    target: '/',
    path: '/',
    host: '',
    hostname: '',
    version: '1.1',
    fields,
    names: fields.filter((_, at) => at % 2 === 0).map((name) => name.toLowerCase()),
    nominated: [],
    framing: { kind: 'none' },
    upgrade: { kind: 'none' },
    expectContinue: false,
    close: false,
    headBytes: 0,
  };
}

test.each([
  ['one line', ['X-A', 'yes', 'X-B', 'no'], 'yes'],
  ['one line, behind others', ['X-B', 'no', 'x-A', 'yes'], 'yes'],
  ['an empty line', ['X-A', ''], ''],
  ['no line', ['X-AA', 'yes'], undefined],
  ['no line, but a value that looks like the name', ['X-B', 'x-a'], undefined],
  ['two lines', ['X-A', 'yes', 'X-B', 'no', 'x-a', 'yes'], undefined],
  ['three lines', ['x-a', '1', 'x-a', '2', 'x-a', '3'], undefined],
])('%s', (_, fields, expected) => {
  expect(singleField(headOf(...fields), 'x-a')).toBe(expected);
});
