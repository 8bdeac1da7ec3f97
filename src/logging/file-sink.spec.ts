import { describe, expect, it } from '@jest/globals';
import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { FileSink } from './file-sink.js';

const SOURCE = new URL('./file-sink.ts', import.meta.url).href;
const HOOKS = new URL('../../test/bench/hooks.mjs', import.meta.url).href;

/** Runs the class in a process of its own: Node compiles the source itself, it needs no build. */
function run(body: string): ChildProcessByStdio<null, Readable, Readable> {
  const program = `
    const { FileSink } = await import(${JSON.stringify(SOURCE)});
    const sink = new FileSink(2);
    ${body}`;
  const flags = [
    '--no-warnings',
    '--experimental-transform-types',
    `--import=${HOOKS}`,
    '--input-type=module',
  ];
  return spawn(process.execPath, [...flags, '-e', program], { stdio: ['ignore', 'pipe', 'pipe'] });
}

describe(FileSink.name, () => {
  it('loses no line when the process exits at once', async () => {
    const child = run(`for (let i = 0; i < 5000; i++) sink.write('line ' + i + '\\n');
      setImmediate(() => { sink.write('last\\n'); process.exit(0); });`);
    const lines = (await text(child.stderr)).trimEnd().split('\n');
    expect(lines).toHaveLength(5001);
    expect(lines.at(-1)).toBe('last');
  });

  it('goes on when stderr is closed on the other end', async () => {
    const child = run(`process.stdout.write('up');
      setInterval(() => sink.write('x'.repeat(1000) + '\\n'), 1);
      setTimeout(() => process.exit(7), 400);`);
    await once(child.stdout, 'data');
    child.stderr.destroy();
    expect(await once(child, 'exit')).toEqual([7, null]);
  });

  it('needs no reader: a full pipe blocks nothing', async () => {
    const child = run(`for (let i = 0; i < 2000; i++) sink.write('x'.repeat(1000) + '\\n');
      setTimeout(() => process.stdout.write('alive'), 50);`);
    expect(String(await once(child.stdout, 'data'))).toBe('alive');
    child.kill('SIGKILL');
    await once(child, 'exit');
  });
});
