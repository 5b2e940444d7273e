// Sizes, times and the access log in annotations.
import { describe, expect, test } from 'vitest';
import { saidOf, settingsOf } from './test-reading.ts';

describe('proxy-body-size', () => {
  test.each([
    ['1000M', '1000Mi'],
    ['50m', '50Mi'],
    ['8k', '8Ki'],
    ['2G', '2Gi'],
    ['1048576', '1048576'],
    ['100b', '100'],
    ['0', '0'],
    ['0m', '0'],
    ['050m', '50Mi'],
    [' 10m ', '10Mi'],
  ])('%j is %s', (value, requestBody) => {
    const settings = settingsOf({ 'proxy-body-size': value });
    expect(settings.spec).toEqual({ limits: { requestBody } });
    expect(saidOf(settings)).toEqual([]);
  });

  test.each(['', '50Mi', '-1', '1.5m', 'unlimited', '50 m', '1234567890123'])('%j is none', (value) => {
    const settings = settingsOf({ 'proxy-body-size': value });
    expect(settings.spec).toEqual({});
    expect(saidOf(settings)).toEqual(['AnnotationInvalid proxy-body-size']);
  });
});

describe('timeouts', () => {
  test.each([
    [{ 'proxy-read-timeout': '600' }, { response: '600s' }, '600s'],
    [{ 'proxy-read-timeout': '600s' }, { response: '600s' }, '600s'],
    [{ 'proxy-read-timeout': '86400', 'proxy-send-timeout': '600' }, { response: '86400s' }, '86400s'],
    [{ 'proxy-read-timeout': '600', 'proxy-send-timeout': '3600' }, { response: '600s' }, '3600s'],
    [{ 'proxy-send-timeout': '100' }, undefined, '100s'],
    [{ 'proxy-send-timeout': '200000' }, undefined, '55h2000s'],
    [{ 'proxy-send-timeout': '864000' }, undefined, '240h'],
    [{ 'proxy-connect-timeout': '5' }, { connect: '5s' }, undefined],
  ])('%j', (values, timeouts, idleTimeout) => {
    const settings = settingsOf(values);
    expect(settings.spec).toEqual({
      ...(timeouts === undefined ? {} : { backend: { timeouts } }),
      ...(idleTimeout === undefined ? {} : { websocket: { idleTimeout } }),
    });
    expect(saidOf(settings)).toEqual([]);
  });

  test('a time below what a WebSocket of Mattermost needs is raised, and said', () => {
    const settings = settingsOf({ 'proxy-read-timeout': '60', 'proxy-send-timeout': '30' });
    expect(settings.spec).toEqual({
      backend: { timeouts: { response: '60s' } },
      websocket: { idleTimeout: '100s' },
    });
    expect(saidOf(settings)).toEqual(['AnnotationInvalid proxy-read-timeout']);
    expect(settings.problems[0]?.message).toBe(
      'Annotation nginx.ingress.kubernetes.io/proxy-read-timeout is out of bounds for the silence of a WebSocket; 100 s are used',
    );
  });

  test('times above the bounds are cut', () => {
    const settings = settingsOf({ 'proxy-read-timeout': '999999', 'proxy-connect-timeout': '75' });
    expect(settings.spec).toEqual({
      backend: { timeouts: { connect: '60s', response: '86400s' } },
      websocket: { idleTimeout: '240h' },
    });
    expect(saidOf(settings)).toEqual([
      'AnnotationInvalid proxy-connect-timeout',
      'AnnotationInvalid proxy-read-timeout',
      'AnnotationInvalid proxy-read-timeout',
    ]);
  });

  test.each(['proxy-read-timeout', 'proxy-send-timeout', 'proxy-connect-timeout'])(
    '%s that is no number of seconds is left to the default',
    (name) => {
      for (const value of ['', '0', '-1', '1h', '1.5', '10 m', '1234567890']) {
        const settings = settingsOf({ [name]: value });
        expect(settings.spec).toEqual({});
        expect(saidOf(settings)).toEqual([`AnnotationInvalid ${name}`]);
      }
    },
  );
});

describe('enable-access-log', () => {
  test.each([
    ['true', true],
    ['False', false],
    ['off', false],
  ])('%s', (value, enabled) => {
    expect(settingsOf({ 'enable-access-log': value }).spec).toEqual({ accessLog: { enabled } });
  });

  test('anything else leaves the log on', () => {
    const settings = settingsOf({ 'enable-access-log': 'no' });
    expect(settings.spec).toEqual({});
    expect(saidOf(settings)).toEqual(['AnnotationInvalid enable-access-log']);
  });
});
