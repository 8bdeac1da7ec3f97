import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, it } from '@jest/globals';
import { started, stopWhileStarting } from './stop-while-starting.js';

const FILE = new URL('stop-while-starting.ts', import.meta.url).href;

describe(stopWhileStarting.name, () => {
  it('ends with 0 on a signal', async () => {
    const code = `import { stopWhileStarting } from '${FILE}'; stopWhileStarting(); setInterval(() => {}, 1e6); console.log('up');`;
    const child = spawn(process.execPath, ['--input-type=module', '--no-warnings', '-e', code], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(child.stdout, 'data');
    child.kill('SIGTERM');
    expect(await once(child, 'exit')).toEqual([0, null]);
  });

  it('leaves signals to the program once that has started', () => {
    const before = process.listenerCount('SIGTERM');
    stopWhileStarting();
    expect(process.listenerCount('SIGTERM')).toBe(before + 1);
    started();
    expect(process.listenerCount('SIGTERM')).toBe(before);
  });
});
