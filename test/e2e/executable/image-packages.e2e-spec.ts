import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

const run = promisify(execFile);
const SCRIPTS = fileURLToPath(new URL('../../../scripts/image/', import.meta.url));

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tandem-image-'));
});
afterEach(() => rm(folder, { recursive: true }));

async function write(files: Readonly<Record<string, string>>): Promise<void> {
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }
}

async function script(name: string, ...args: readonly string[]): Promise<string> {
  const command = [join(SCRIPTS, name), ...args];
  return (await run(process.execPath, command, { cwd: folder })).stdout;
}

describe('scripts/image/imports.mjs', () => {
  it('names the packages that the bundle does not hold, once and in order', async () => {
    await write({
      'main.js': 'import{b}from"b";const c=()=>import("@s/c/deep");import"./chunk.js";',
      'chunk.js':
        'import d from"b/sub";import e from"node:fs";import("class-validator");require("a");',
      'page/page.js': 'import"of-the-browser"',
    });
    expect(await script('imports.mjs', folder)).toBe('@s/c\na\nb\n');
  });

  it('wants a folder with a bundle', async () => {
    await expect(script('imports.mjs', folder)).rejects.toThrow('give the folder of a bundle');
    await expect(script('imports.mjs')).rejects.toThrow('give the folder of a bundle');
  });
});

describe('scripts/image/prune.mjs', () => {
  const lock = (packages: object): string => JSON.stringify({ packages });

  it('leaves code and data of what is needed, names and licences of the rest', async () => {
    await write({
      names: 'a\n',
      'node_modules/.package-lock.json': lock({
        'node_modules/a': { dependencies: { b: '1', gone: '1' } },
        'node_modules/a/node_modules/b': { peerDependencies: { c: '1' } },
        'node_modules/b': {},
        'node_modules/c': { optionalDependencies: { a: '1' } },
      }),
      'node_modules/.bin/tool': '',
      'node_modules/a/package.json': '{}',
      'node_modules/a/LICENSE.md': '',
      'node_modules/a/README.md': '',
      'node_modules/a/lib/index.js': '',
      'node_modules/a/lib/index.js.map': '',
      'node_modules/a/lib/index.d.ts': '',
      'node_modules/a/lib/esm/package.json': '{}',
      'node_modules/a/lib/x.proto': '',
      'node_modules/a/docs/page.html': '',
      'node_modules/a/node_modules/b/package.json': '{}',
      'node_modules/a/node_modules/b/index.cjs': '',
      'node_modules/b/package.json': '{}',
      'node_modules/b/index.js': '',
      'node_modules/b/lib/package.json': '{}',
      'node_modules/b/LICENCE': '',
      'node_modules/c/index.mjs': '',
    });
    await script('prune.mjs', 'names');
    const left = await readdir(join(folder, 'node_modules'), {
      recursive: true,
      withFileTypes: true,
    });
    const paths = left
      .filter((entry) => entry.isFile())
      .map(({ parentPath, name }) => join(parentPath, name).slice(folder.length + 14));
    expect(paths.sort()).toEqual([
      'a/LICENSE.md',
      'a/lib/esm/package.json',
      'a/lib/index.js',
      'a/lib/x.proto',
      'a/node_modules/b/index.cjs',
      'a/node_modules/b/package.json',
      'a/package.json',
      'b/LICENCE',
      'b/package.json',
      'c/index.mjs',
    ]);
  });

  it('ends the build when something is imported that is not installed', async () => {
    await write({ names: 'x\n', 'node_modules/.package-lock.json': lock({}) });
    await expect(script('prune.mjs', 'names')).rejects.toThrow(
      'x is imported and not among "dependencies"',
    );
  });

  it('wants names, and packages that npm installed', async () => {
    await expect(script('prune.mjs')).rejects.toThrow('give a file of names');
    await expect(script('prune.mjs', 'names')).rejects.toThrow('where npm ci was run');
  });
});
