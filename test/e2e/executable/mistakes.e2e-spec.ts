import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

interface Outcome {
  readonly code: number | string | null | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the executable to its end; nothing in the environment but PATH and `env`. */
function tandem(args: string[], env: Record<string, string> = {}): Promise<Outcome> {
  const options = { env: { PATH: process.env['PATH'], ...env }, timeout: 15_000 };
  return new Promise((resolve) => {
    execFile('bin/tandem', args, options, (error, stdout, stderr) => {
      resolve({ code: error ? error.code : 0, stdout, stderr });
    });
  });
}

describe('a mistake in the configuration', () => {
  let folder = '';
  let unknownKey = '';

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tandem-mistakes-'));
    unknownKey = join(folder, 'sidecar.yaml');
    await writeFile(unknownKey, 'port: 8000\nconector: nixlv2\n');
  });

  afterAll(async () => {
    await rm(folder, { recursive: true });
  });

  it.each<[string, () => string[], Record<string, string>, string[]]>([
    ['an unknown program', () => ['sidecr'], {}, ['sidecr', 'did you mean sidecar?']],
    ['an unknown flag', () => ['-prot=8000'], {}, ['-prot', 'did you mean -port?']],
    ['a bad port', () => ['sidecar', '--port', 'x'], {}, ['--port', 'from 1 to 65535']],
    ['an unknown connector', () => ['-connector=x'], {}, ['-connector', 'nixlv2, nixl, lmcache']],
    ['a bad variable', () => [], { SIDECAR_PORT: '0' }, ['SIDECAR_PORT', 'from 1 to 65535']],
    [
      'an unreadable file',
      () => ['--configuration-file=/none'],
      {},
      ['--configuration-file=/none'],
    ],
    [
      'an unknown key',
      () => [`--configuration-file=${unknownKey}`],
      {},
      ['conector', unknownKey, 'connector?'],
    ],
    [
      'a protection that is missing',
      () => ['-enable-ssrf-protection=true'],
      {},
      ['-enable-ssrf-protection'],
    ],
  ])('%s is one line on stderr and exit code 1', async (_, args, env, parts) => {
    const { code, stdout, stderr } = await tandem(args(), env);
    expect(stderr.split('\n')).toEqual([expect.any(String), '']);
    const line = JSON.parse(stderr) as { level: string; msg: string };
    expect(line.level).toBe('error');
    for (const part of parts) expect(line.msg).toContain(part);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  });
});

describe('questions to the executable', () => {
  it.each([[['--help']], [['-help']], [['sidecar', '-h']]])('%j prints the flags', async (args) => {
    const { code, stdout, stderr } = await tandem(args);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain('--model-server-port, --vllm-port=PORT');
  });

  it('--version prints the version', async () => {
    const { code, stdout } = await tandem(['--version']);
    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringMatching(/^tandem \d/) });
  });
});
