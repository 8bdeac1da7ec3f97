import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const SOURCES = [
  'floor/main',
  'floor/upstream',
  'floor/legs',
  'wire/message-reader',
  'wire/chunk-walker',
];

/**
 * Writes the floor proxy as JavaScript under `folder`, so that its start and memory are those of Node
 * and not of Node's TypeScript support. Returns the program's path.
 */
export function buildFloor(folder: string): string {
  for (const name of SOURCES) {
    const source = readFileSync(new URL(`../${name}.ts`, import.meta.url), 'utf8');
    const file = join(folder, `${name}.js`);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, stripTypeScriptTypes(source));
  }
  return join(folder, 'floor/main.js');
}

/** The folder that holds what the bench makes, which git ignores. */
export const BENCH_FOLDER = fileURLToPath(new URL('../../../.bench', import.meta.url));
