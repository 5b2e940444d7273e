#!/usr/bin/env node
// The program: its commands, each in a file of cli/. What a running controller is made of stands in cli/controller.ts.
import process from 'node:process';
import { Command } from 'commander';
import { addCheckCommand } from './cli/check.ts';
import { addCrdCommand } from './cli/crd.ts';
import { addDemoCommand } from './cli/demo.ts';
import { addRunCommand } from './cli/run.ts';
import { VERSION } from './cli/version.ts';

const program = new Command('mattermost-ingress')
  .description('Ingress controller for Mattermost')
  .version(VERSION)
  .showHelpAfterError()
  .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2));
addRunCommand(program);
addDemoCommand(program);
addCheckCommand(program);
addCrdCommand(program);
await program.parseAsync();
