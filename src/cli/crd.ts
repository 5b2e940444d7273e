// `crd`: the CustomResourceDefinition of this version, for kubectl.
import process from 'node:process';
import { stringify } from 'yaml';
import { CRD_YAML_OPTIONS, policyCrd } from '../api/crd.ts';
import type { CommandDefinition } from './command.ts';

export const crdCommand: CommandDefinition = {
  name: 'crd',
  description: 'print the CustomResourceDefinition of MattermostIngressPolicy',
  examples: ['mattermost-ingress crd | kubectl apply --server-side -f -'],
  exitCodes: { 0: 'it was printed', 2: 'it was called wrongly' },
  configure: (command) => {
    command.action(() => {
      process.stdout.write(stringify(policyCrd(), CRD_YAML_OPTIONS));
    });
  },
};
