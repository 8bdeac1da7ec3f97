import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const ENVIRONMENT = fileURLToPath(new URL('../../../.cache/clients-python/', import.meta.url));
const REQUIREMENTS = fileURLToPath(new URL('requirements.txt', import.meta.url));

/**
 * Makes a virtual environment with the Python clients, unless it is there already.
 *
 * @returns the path of its Python
 * @throws Error that says the mend when python3, venv or pip is missing or an installation fails
 */
export async function preparePython(): Promise<string> {
  const version = await pythonVersion();
  const digest = createHash('sha256').update(version).update(readFileSync(REQUIREMENTS));
  const wanted = digest.digest('hex');
  const stamp = join(ENVIRONMENT, '.installed');
  const python = join(ENVIRONMENT, 'bin', 'python');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return python;

  rmSync(ENVIRONMENT, { recursive: true, force: true });
  mkdirSync(ENVIRONMENT, { recursive: true });
  process.stderr.write('clients: installing the Python clients into .cache/clients-python, once\n');
  await step(
    'python3',
    ['-m', 'venv', ENVIRONMENT],
    'install venv and pip (python3-venv on Debian)',
  );
  const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check'];
  await step(python, [...pip, '-r', REQUIREMENTS], 'pip must reach a package index');
  writeFileSync(stamp, wanted);
  return python;
}

async function pythonVersion(): Promise<string> {
  try {
    const { stdout } = await run('python3', [
      '-c',
      'import sys; print(sys.executable, sys.version)',
    ]);
    return stdout;
  } catch (error) {
    throw new Error('python3 is not on PATH or does not run: install Python 3.10 or later', {
      cause: error,
    });
  }
}

async function step(command: string, args: string[], mend: string): Promise<void> {
  try {
    await run(command, args);
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string };
    const output = `${stdout}${stderr}`.trim().slice(-1500);
    throw new Error(`${command} ${args.slice(0, 3).join(' ')} failed: ${mend}\n${output}`);
  }
}
