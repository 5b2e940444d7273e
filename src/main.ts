#!/usr/bin/env node
// The program. Its commands stand in cli/program.ts; what a running controller is made of in cli/controller.ts.
import { createProgram } from './cli/program.ts';

await createProgram().parseAsync();
