// `crd`: the CustomResourceDefinition of this version, for kubectl.
import process from 'node:process';
import type { Command } from 'commander';
import { stringify } from 'yaml';
import { CRD_YAML_OPTIONS, policyCrd } from '../api/crd.ts';

const EXAMPLE = `
Example:
  mattermost-ingress crd | kubectl apply --server-side -f -`;

export function addCrdCommand(program: Command): void {
  program
    .command('crd')
    .description('print the CustomResourceDefinition of MattermostIngressPolicy')
    .addHelpText('after', EXAMPLE)
    .action(() => {
      process.stdout.write(stringify(policyCrd(), CRD_YAML_OPTIONS));
    });
}
