// The file set of the image without a container builder: the Dockerfile's stages as folders, filled step by step.
// The modules come from node_modules: those that package-lock.json does not mark as needed for development only.
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, statSync } from 'node:fs';
import { basename, join, relative, resolve } from 'node:path';
import { type Copy, ignores, parseDockerfile, type Stage } from './dockerfile.ts';

/** The last stage of a Dockerfile and the folder that stands for its `/`; the base image is not in it. */
export type Assembled = { readonly root: string; readonly stage: Stage };

type Context = {
  readonly project: string;
  readonly dockerignore: string;
  readonly folder: string;
  readonly args: Readonly<Record<string, string>>;
};

/** Fills a folder that exists and is empty. @param args what the builder is given by --build-arg */
export function assembleImage(
  project: string,
  folder: string,
  args: Readonly<Record<string, string>>,
): Assembled {
  const stages = parseDockerfile(readFileSync(join(project, 'Dockerfile'), 'utf8'));
  const dockerignore = readFileSync(join(project, '.dockerignore'), 'utf8');
  const context = { project, dockerignore, folder, args };
  for (const stage of stages) fillStage(stage, context);
  const last = stages.at(-1);
  if (last === undefined) throw new Error('The Dockerfile has no stage');
  return { root: join(folder, last.name), stage: last };
}

function fillStage(stage: Stage, context: Context): void {
  const root = join(context.folder, stage.name);
  const workdir = join(root, stage.workdir);
  mkdirSync(workdir, { recursive: true });
  for (const step of stage.steps) {
    if (step.kind === 'copy') copy(step, workdir, context);
    else if (step.command.startsWith('npm install ')) installModules(context.project, workdir);
    else
      execFileSync('sh', ['-e', '-c', step.command], {
        cwd: workdir,
        env: { ...process.env, ...context.args },
      });
  }
}

/**
 * A folder's content goes into the target, a file below a target that ends in a slash. What comes from another stage is
 * moved: nothing else needs it, and copying thousands of files takes seconds.
 */
function copy({ from, sources, target }: Copy, workdir: string, context: Context): void {
  for (const source of sources) {
    const origin = from === undefined ? join(context.project, source) : join(context.folder, from, source);
    const isInto = target.endsWith('/') && !statSync(origin).isDirectory();
    const destination = resolve(workdir, isInto ? join(target, basename(source)) : target);
    if (from === undefined) copyFromProject(origin, destination, context);
    else renameSync(origin, destination);
  }
}

/** An ignored folder may hold a file that is not: only files are judged. */
function copyFromProject(origin: string, destination: string, context: Context): void {
  if (statSync(origin).isDirectory()) {
    for (const name of readdirSync(origin))
      copyFromProject(join(origin, name), join(destination, name), context);
  } else if (!ignores(context.dockerignore, relative(context.project, origin))) {
    cpSync(origin, destination);
  }
}

/** Paths of the locked modules that are no development dependencies, such as `node_modules/ws`. */
export function productionModules(project: string): readonly string[] {
  const { packages } = JSON.parse(readFileSync(join(project, 'package-lock.json'), 'utf8')) as {
    readonly packages: Readonly<Record<string, { readonly dev?: boolean; readonly devOptional?: boolean }>>;
  };
  return Object.entries(packages)
    .filter(([path, { dev, devOptional }]) => path !== '' && dev !== true && devOptional !== true)
    .map(([path]) => path);
}

/** What lies within a module comes with it; optional modules may be for other platforms. */
function installModules(project: string, workdir: string): void {
  const modules = productionModules(project).filter((path) => path.lastIndexOf('node_modules/') === 0);
  for (const path of modules) {
    if (existsSync(join(project, path))) copyTree(join(project, path), join(workdir, path));
  }
}

/** Several times as fast as Node's own. */
function copyTree(origin: string, destination: string): void {
  mkdirSync(destination, { recursive: true });
  execFileSync('cp', ['-R', `${origin}/.`, destination]);
}
