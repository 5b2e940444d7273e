// What migrate makes of whole manifests, word for word: NAME.yaml in, NAME.policies.yaml out. Every output passes check
// together with its input.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { f5Section } from '../../src/migrate/f5-policy.ts';
import { readAnswers } from '../../src/migrate/f5-questions.ts';
import { readInput } from '../../src/migrate/input.ts';
import { migrate } from '../../src/migrate/migration.ts';
import { printSections } from '../../src/migrate/printed.ts';
import type { JsonValue } from '../../src/translate/objects/json-value.ts';
import { errorsOf } from '../support/checked.ts';

const OUTPUT = '.policies.yaml';

function casesOf(folder: string): readonly string[] {
  return readdirSync(join(import.meta.dirname, folder)).filter((name) => !name.endsWith(OUTPUT));
}

function textOf(folder: string, name: string): string {
  return readFileSync(join(import.meta.dirname, folder, name), 'utf8');
}

async function expectOutput(folder: string, name: string, actual: string): Promise<void> {
  const file = join(import.meta.dirname, folder, name.replace('.yaml', OUTPUT));
  await expect(actual).toMatchFileSnapshot(file);
}

describe('Ingresses', () => {
  test.each(casesOf('migrate'))('%s', async (name) => {
    const text = textOf('migrate', name);
    const documents = parseAllDocuments(text).map((document) => document.toJS() as JsonValue);
    const output = printSections(['Head'], migrate(readInput(documents)));
    await expectOutput('migrate', name, output);
    const readable = text.replace(/^apiVersion: extensions[^]*?^---$/mu, '');
    expect(errorsOf(output, readable)).toEqual([]);
    // Taken over, an Ingress has the errors it had without its policy, and none of them is new.
    const ours = readable.replaceAll(
      /ingressClassName: [a-z]+|kubernetes.io\/ingress.class: nginx/gu,
      (text) => text.replace(/[a-z]+$/u, 'mattermost'),
    );
    const before = new Set(errorsOf(ours));
    expect(errorsOf(output, ours).filter((each) => !before.has(each))).toEqual([]);
  });
});

describe('a BIG-IP', () => {
  test.each(casesOf('migrate-f5'))('%s', async (name) => {
    const answers = readAnswers(parse(textOf('migrate-f5', name)), name);
    const output = printSections(['Head'], [f5Section(answers)]);
    await expectOutput('migrate-f5', name, output);
    expect(errorsOf(output)).toEqual([]);
  });
});
