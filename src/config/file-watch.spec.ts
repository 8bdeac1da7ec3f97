import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { appendFile, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { until } from '../../test/support/raw-client.js';
import { FileWatch } from './file-watch.js';

let folder: string;
let file: string;
let watch: FileWatch;
let calls = 0;
const begin = async (quiet = 60): Promise<void> => {
  calls = 0;
  watch = new FileWatch(file, () => calls++, { look: 10, quiet });
  await until(() => calls === 1);
};
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'watch-'));
  file = join(folder, 'a.yaml');
});
afterEach(async () => {
  watch.close();
  await rm(folder, { recursive: true });
});

describe(FileWatch.name, () => {
  it('tells of a file that is written in place, and of one that takes its place', async () => {
    await writeFile(file, 'a');
    await begin();
    await writeFile(file, 'b');
    await until(() => calls === 2);
    await writeFile(`${file}.new`, 'b');
    await rename(`${file}.new`, file);
    await until(() => calls === 3);
  });

  it('tells of a link that is turned, as those of a ConfigMap are', async () => {
    await writeFile(join(folder, 'one'), '1');
    await writeFile(join(folder, 'two'), '2');
    await symlink('one', join(folder, '..data'));
    await symlink('..data', file);
    await begin();
    await symlink('two', join(folder, '..next'));
    await rename(join(folder, '..next'), join(folder, '..data'));
    await until(() => calls === 2);
  });

  it('tells of a file that is gone, and is there again', async () => {
    await writeFile(file, 'a');
    await begin();
    await rm(file);
    await until(() => calls === 2);
    await writeFile(file, 'a');
    await until(() => calls === 3);
  });

  it('leaves a file alone that is being written', async () => {
    await writeFile(file, '');
    await begin(1000);
    for (let i = 0; i < 20; i++) {
      await appendFile(file, 'more\n');
      await sleep(20);
    }
    // Had it been told meanwhile, there would be two by now, and a third below.
    await until(() => calls === 2);
    await sleep(50);
    expect(calls).toBe(2);
  });
});
