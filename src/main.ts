#!/usr/bin/env node
// The program. Its commands stand in cli/program.ts; what a running controller is made of in cli/controller/controller.ts.
import process from 'node:process';
import { createProgram, loadCommands } from './cli/program.ts';

await createProgram(await loadCommands(process.argv[2])).parseAsync();
