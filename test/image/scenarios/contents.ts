import { globSync, readFileSync } from 'node:fs';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { must, mustBe } from '../../envoy/scenario.js';
import type { Runner } from '../run/runner.js';
import type { Scenario } from '../scenario.js';

const PACKAGE = fileURLToPath(new URL('../../../package.json', import.meta.url));
const RUNS = new Set(['.cjs', '.css', '.html', '.js', '.json', '.mjs', '.proto', '.svg']);
const LICENCE = /\/(?:copying|licen[cs]e|notice|third)[^/]*$/i;
const COMPILED = '/app/.cache/compiled/';
const BUNDLE = '/app/dist/bundle/';
const MIB = 2 ** 20;

/** Prints the files below a folder: path, size, mode, owner. */
const LIST = `const { lstatSync, readdirSync } = require('node:fs');
const entries = readdirSync(process.argv[1], { recursive: true, withFileTypes: true });
console.log(JSON.stringify(entries.map((entry) => {
  const path = entry.parentPath + '/' + entry.name;
  const { mode, size, uid } = lstatSync(path);
  return { path, mode, size, uid, isFile: entry.isFile() };
})));`;

interface Entry {
  readonly path: string;
  readonly mode: number;
  readonly size: number;
  readonly uid: number;
  readonly isFile: boolean;
}

interface Manifest {
  readonly version: string;
  readonly devDependencies: Readonly<Record<string, string>>;
  readonly optionalDependencies: Readonly<Record<string, string>>;
}

/** What lies in the image, and how it is told to run. */
export const CONTENTS: readonly Scenario[] = [
  {
    name: 'contents: what runs, licences, and nothing else',
    run: async ({ runner, bundle }) => {
      const files = (await list(runner)).filter(({ isFile }) => isFile);
      const odd = files.filter(({ path }) => !isOfUse(path));
      mustBe(names(odd), [], 'files that no program reads');
      const { devDependencies, optionalDependencies } = manifest();
      // Those of types are named by packages that run; of them there is no more than their licences.
      const developers = Object.keys({ ...devDependencies, ...optionalDependencies }).filter(
        (name) => !name.startsWith('@types/'),
      );
      const there = developers.filter((name) =>
        files.some(({ path }) => path.startsWith(`/app/node_modules/${name}/`)),
      );
      mustBe(there, [], 'packages of the build');
      if (bundle !== undefined) {
        const shipped = files.filter(({ path }) => path.startsWith(BUNDLE));
        const built = globSync('**/*.*', { cwd: bundle }).map((path) => BUNDLE + path);
        mustBe(withoutHashes(names(shipped)), withoutHashes(built), 'the bundle');
      }
      const bytes = files.reduce((sum, { size }) => sum + size, 0);
      return { files: String(files.length), '/app': `${(bytes / MIB).toFixed(1)} MiB` };
    },
  },
  {
    name: 'contents: every user may read all, nobody but root may change it',
    run: async ({ runner }) => {
      const entries = (await list(runner)).filter(({ path }) => !path.startsWith('/app/.cache'));
      const readable = (entry: Entry): boolean => (entry.mode & (entry.isFile ? 0o4 : 0o5)) !== 0;
      mustBe(names(entries.filter((entry) => !readable(entry))), [], 'what others cannot read');
      mustBe(
        names(entries.filter(({ mode }) => (mode & 0o22) !== 0)),
        [],
        'what others can change',
      );
      mustBe(names(entries.filter(({ uid }) => uid !== 0)), [], 'what is not root’s');
      mustBe(names(entries.filter(({ mode }) => (mode & 0o6000) !== 0)), [], 'setuid, setgid');
    },
  },
  {
    name: 'configuration: a numeric user, exec form, no volumes, no health check, labels',
    run: async ({ runner }) => {
      const config = await runner.configuration();
      mustBe(config['User'], '65532:65532', 'User');
      must(Array.isArray(config['Entrypoint']), `Entrypoint is ${String(config['Entrypoint'])}`);
      must(!config['Cmd'] || (config['Cmd'] as unknown[]).length === 0, 'there is a Cmd');
      mustBe(config['WorkingDir'], '/app', 'WorkingDir');
      mustBe(config['StopSignal'] ?? 'SIGTERM', 'SIGTERM', 'StopSignal');
      mustBe(config['Volumes'] ?? {}, {}, 'Volumes');
      must(!config['Healthcheck'], 'there is a HEALTHCHECK');
      const labels = config['Labels'] as Record<string, string>;
      for (const label of ['title', 'description', 'licenses', 'version', 'base.name']) {
        must(!!labels[`org.opencontainers.image.${label}`], `no label ${label}`);
      }
      mustBe(labels['org.opencontainers.image.version'], manifest().version, 'the version');
    },
  },
];

async function list(runner: Runner): Promise<Entry[]> {
  return JSON.parse(await runner.script(LIST, '/app')) as Entry[];
}

function isOfUse(path: string): boolean {
  if (path.startsWith(COMPILED) || LICENCE.test(path)) return true;
  return RUNS.has(extname(path));
}

/** Hashes, and with them how many chunks there are, change with the folder where packages lie. */
function withoutHashes(paths: readonly string[]): string[] {
  return [...new Set(paths.map((path) => path.replace(/-[A-Z0-9]{8}\.js$/, '.js')))].sort();
}

function names(entries: readonly Entry[]): string[] {
  return entries.map(({ path }) => path).sort();
}

function manifest(): Manifest {
  return JSON.parse(readFileSync(PACKAGE, 'utf8')) as Manifest;
}
