// Leaves in node_modules what runs: of packages that are imported, and of those that they depend on, code and data; of
// all others, which are in the bundle, what tells scanners their versions and readers their licences.
//   node scripts/image/prune.mjs FILE      packages that are imported, one a line (imports.mjs)
import { existsSync, readFileSync, readdirSync, rmSync, rmdirSync } from 'node:fs';
import { extname, join } from 'node:path';

const RUN = new Set(['.cjs', '.js', '.json', '.mjs', '.node', '.proto', '.wasm']);
const LICENCE = /^(?:copying|licen[cs]e|notice|third[-_.]?party)/i;

const [file] = process.argv.slice(2);
if (file === undefined || !existsSync('node_modules/.package-lock.json')) {
  process.stderr.write('prune: give a file of names, in a folder where npm ci was run\n');
  process.exit(1);
}
const { packages } = JSON.parse(readFileSync('node_modules/.package-lock.json', 'utf8'));
const kept = new Set();
for (const name of readFileSync(file, 'utf8').split('\n').filter(Boolean)) {
  const path = find('', name);
  if (path === undefined) throw new Error(`${name} is imported and not among "dependencies"`);
  keep(path);
}
const doomed = readdirSync('node_modules').filter((name) => name.startsWith('.'));
for (const name of doomed) rmSync(join('node_modules', name), { recursive: true });
prune('node_modules');
process.stderr.write(`prune: ${kept.size} of ${Object.keys(packages).length} packages are kept\n`);

/** With all that it depends on. */
function keep(path) {
  if (kept.has(path)) return;
  kept.add(path);
  const { dependencies, optionalDependencies, peerDependencies } = packages[path];
  for (const name of Object.keys({
    ...dependencies,
    ...optionalDependencies,
    ...peerDependencies,
  })) {
    const found = find(path, name);
    if (found !== undefined) keep(found);
  }
}

/** As Node looks for it: in the package itself, then in those around it. */
function find(path, name) {
  for (
    let folder = path;
    ;
    folder = folder.slice(0, Math.max(0, folder.lastIndexOf('/node_modules/')))
  ) {
    const at = join(folder, 'node_modules', name);
    if (packages[at] !== undefined) return at;
    if (folder === '') return undefined;
  }
}

/** @param owner path of the package that the folder belongs to */
function prune(folder, owner = '') {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) prune(path, packages[path] === undefined ? owner : path);
    else if (!isOfUse(entry.name, path, owner)) rmSync(path);
  }
  if (readdirSync(folder).length === 0) rmdirSync(folder);
}

function isOfUse(name, path, owner) {
  if (LICENCE.test(name) || path === join(owner, 'package.json')) return true;
  return kept.has(owner) && RUN.has(extname(name));
}
