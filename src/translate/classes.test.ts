// Which IngressClasses are ours, and through them which objects: the others are never touched.
import { describe, expect, test } from 'vitest';
import type { Ingress, IngressClass } from '../api/objects.ts';
import { type Classes, DEFAULT_CLASS, DEFAULT_CONTROLLER, readClasses } from './classes.ts';
import { brief, ingress, ingressClass } from './test-objects.ts';

const NGINX = 'k8s.io/ingress-nginx';
const LEGACY = 'kubernetes.io/ingress.class';

function read(classes: readonly IngressClass[], takeOverClass?: string): Classes {
  const settings = { controllerName: DEFAULT_CONTROLLER, ingressClass: DEFAULT_CLASS, takeOverClass };
  return readClasses(new Map(classes.map((each) => [`/${each.metadata.name}`, each])), settings);
}

/** An Ingress by its class field and legacy annotation. */
function ofClass(name?: string, legacy?: string): Ingress {
  const { ingressClassName: _, ...rest } = ingress('chat/web', []);
  const annotations = legacy === undefined ? {} : { [LEGACY]: legacy };
  return { ...rest, annotations, ...(name === undefined ? {} : { ingressClassName: name }) };
}

describe('an Ingress', () => {
  const own = ingressClass('chat', DEFAULT_CONTROLLER);
  const unset = ingressClass('chat', DEFAULT_CONTROLLER, { isDefault: true });
  const foreign = ingressClass('nginx', NGINX);
  const stolen = ingressClass(DEFAULT_CLASS, 'example.com/other');
  const strange = ingressClass('nginx', 'nginx.org/ingress-controller');
  const withParameters = ingressClass('chat', DEFAULT_CONTROLLER, { parameters: 'Setup one' });

  test.each<[string, readonly IngressClass[], string | undefined, Ingress, boolean]>([
    ['of a class of our controller', [own], undefined, ofClass('chat'), true],
    ['of a class of another controller', [own, foreign], undefined, ofClass('nginx'), false],
    ['of a class that nobody has', [own], undefined, ofClass('gone'), false],
    ['of the class given by name, where it cannot be read', [], undefined, ofClass(DEFAULT_CLASS), true],
    ['of the class given by name, which is of another', [stolen], undefined, ofClass(DEFAULT_CLASS), false],
    ['of a class with parameters', [withParameters], undefined, ofClass('chat'), false],
    ['without class, none is default', [own], undefined, ofClass(), false],
    ['without class, nothing can be read', [], undefined, ofClass(), false],
    ['without class, ours is default', [unset], undefined, ofClass(), true],
    [
      'without class, another is default',
      [own, { ...foreign, isDefault: true }],
      undefined,
      ofClass(),
      false,
    ],
    ['with the legacy annotation for ours', [own], undefined, ofClass(undefined, 'chat'), true],
    ['with the legacy annotation for another', [unset], undefined, ofClass(undefined, 'nginx'), false],
    ['the field beats the annotation', [own, foreign], undefined, ofClass('chat', 'nginx'), true],
    ['the field beats the annotation for ours', [own, foreign], undefined, ofClass('nginx', 'chat'), false],
    ['of a class taken over', [foreign], 'nginx', ofClass('nginx'), true],
    ['of a class taken over, by annotation', [foreign], 'nginx', ofClass(undefined, 'nginx'), true],
    ['of a class taken over that is not there', [], 'nginx', ofClass(undefined, 'nginx'), true],
    ['of that name, but of another controller', [strange], 'nginx', ofClass('nginx'), false],
    ['of that name, of another, by annotation', [strange], 'nginx', ofClass(undefined, 'nginx'), false],
    [
      'of another class of ingress-nginx',
      [foreign, ingressClass('web', NGINX)],
      'nginx',
      ofClass('web'),
      false,
    ],
    [
      'without class, the one taken over is default',
      [{ ...foreign, isDefault: true }],
      'nginx',
      ofClass(),
      true,
    ],
  ])('%s', (...[, classes, takeOver, object, expected]) => {
    expect(read(classes, takeOver).ownsIngress(object)).toBe(expected);
  });
});

describe('a policy with a route', () => {
  test.each<[string, readonly IngressClass[], string | undefined, boolean]>([
    ['without class', [], undefined, true],
    ['without class, ours goes by another name', [ingressClass('mattermost', 'a.b/c')], undefined, false],
    [
      'without class, ours is default',
      [ingressClass('x', DEFAULT_CONTROLLER, { isDefault: true })],
      undefined,
      true,
    ],
    ['of our class', [], DEFAULT_CLASS, true],
    ['of another', [], 'nginx', false],
  ])('%s', (_, classes, name, expected) => {
    expect(read(classes).ownsRoute(name)).toBe(expected);
  });
});

test('parameters are told of for our classes only', () => {
  const parameters = 'Setup one';
  const { findings } = read([
    ingressClass('chat', DEFAULT_CONTROLLER, { parameters }),
    ingressClass('nginx', NGINX, { parameters }),
  ]);
  expect(brief(findings)).toEqual(['ClassParametersUnsupported spec.parameters']);
  expect(findings[0]).toMatchObject({ severity: 'error', object: { kind: 'IngressClass', name: 'chat' } });
  expect(findings[0]?.message).toContain('Setup one');
});
