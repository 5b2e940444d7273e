// Echoes are compared byte by byte.
import { expect, test } from 'vitest';
import { closeFrame, textFrame } from './client-frames.ts';
import { EchoCheck } from './echo-check.ts';

const { frame, echo } = textFrame('hello');

test('frames are masked, their echoes are not', () => {
  expect(frame.toString('latin1')).toBe('\u0081\u0085\0\0\0\0hello');
  expect(echo.toString('latin1')).toBe('\u0081\u0005hello');
  expect(closeFrame().echo).toEqual(Buffer.from([0x88, 2, 0x03, 0xe8]));
});

test.each([
  [[echo], ['whole']],
  [
    [echo, echo],
    ['whole', 'whole'],
  ],
  [
    [echo.subarray(0, 3), echo.subarray(3)],
    ['more', 'whole'],
  ],
  [[textFrame('hellO').echo], ['wrong']],
  [[Buffer.concat([echo, echo])], ['wrong']],
])('%j', (pieces, outcomes) => {
  const check = new EchoCheck(echo);
  expect(pieces.map((piece) => check.read(piece, piece.length))).toEqual(outcomes);
});
