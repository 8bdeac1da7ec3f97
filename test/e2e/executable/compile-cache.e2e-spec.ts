import { execFile } from 'node:child_process';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

const run = promisify(execFile);

/** How the image's ENTRYPOINT runs it. */
const COMMAND = [process.execPath, '--max-semi-space-size=16', 'dist/bundle/main.js'] as const;

describe('scripts/warm.mjs', () => {
  let folder = '';

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tandem-warm-'));
  });

  afterAll(async () => {
    await rm(folder, { recursive: true });
  });

  it('leaves compiled code that the next start takes', async () => {
    const env = { PATH: process.env['PATH'], NODE_COMPILE_CACHE: folder };
    await run(process.execPath, ['scripts/warm.mjs', ...COMMAND], { env });
    expect(await readdir(folder)).toHaveLength(1);
    const [node, ...words] = COMMAND;
    const { stdout, stderr } = await run(node, [...words, 'sidecar', '--version'], {
      env: { ...env, NODE_DEBUG_NATIVE: 'COMPILE_CACHE' },
    });
    const told = stdout + stderr;
    expect(told).toMatch(/bundle\/main\.js was accepted/);
    expect(told).not.toContain('was rejected');
  });
});
