import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { until } from '../../test/support/raw-client.js';
import { KeptLogger } from '../../test/support/fake-apiserver-watch-harness.js';
import { DISCOVERY_PLUGINS } from './discovery-plugins.js';
import type { FoundEndpoint } from './endpoint-source.js';
import { FileDiscovery } from './file-discovery.js';

let folder: string;
let path: string;
let logger: KeptLogger;
let discovery: FileDiscovery;
let last: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tandem-endpoints-'));
  path = join(folder, 'endpoints.yaml');
  logger = new KeptLogger();
  discovery = new FileDiscovery({ path, watchFile: true }, logger);
  last = '';
});

afterEach(() => {
  discovery.stop();
  rmSync(folder, { recursive: true });
});

const namesOf = (found: readonly FoundEndpoint[]) =>
  found.map(({ spec }) => `${spec.name} ${spec.address.target.label}`).join(', ');
const line = (name: string, port: number | string) =>
  `  - {name: ${name}, address: 10.0.0.1, port: ${port}}\n`;
const write = (...lines: string[]) => writeFileSync(path, `endpoints:\n${lines.join('')}`);

async function begin(): Promise<void> {
  last = namesOf(await discovery.load());
  discovery.start((found) => (last = namesOf(found)));
}

describe(FileDiscovery.name, () => {
  it('loads what the file names', async () => {
    write(line('a', 1), line('b', 2));
    expect(namesOf(await discovery.load())).toBe('a 10.0.0.1:1, b 10.0.0.1:2');
  });

  it.each([
    [
      'an entry that is wrong',
      `endpoints:\n${line('a', 1)}${line('bad-one', 'x')}`,
      /\(bad-one\): port/,
    ],
    ['what is no YAML', 'endpoints: [', /neither YAML nor JSON/],
    ['too much', `# ${'x'.repeat(1024 * 1024)}\nendpoints: []`, /at most 1048576 are read/],
  ])('refuses %s at the start, in one line that names the file', async (_, text, message) => {
    writeFileSync(path, text);
    const error: Error = await discovery.load().then(
      () => new Error('it was taken'),
      (reason: Error) => reason,
    );
    expect(error.message).toMatch(message);
    expect(error.message).toContain(path);
    expect(error.message).not.toContain('\n');
  });

  it('refuses a file that is not there', async () => {
    await expect(discovery.load()).rejects.toThrow(
      `file-discovery ${path}: cannot be read (ENOENT`,
    );
  });

  it('takes no entries at all for what they are', async () => {
    write();
    await begin();
    write(line('a', 1));
    await until(() => last === 'a 10.0.0.1:1');
  });

  it('follows the file, written in place and replaced', async () => {
    write(line('a', 1));
    await begin();
    write(line('a', 1), line('b', 2));
    await until(() => last === 'a 10.0.0.1:1, b 10.0.0.1:2');
    writeFileSync(join(folder, 'next'), `endpoints:\n${line('c', 3)}`);
    renameSync(join(folder, 'next'), path);
    await until(() => last === 'c 10.0.0.1:3');
    writeFileSync(join(folder, 'next'), '{"endpoints": []}');
    renameSync(join(folder, 'next'), path);
    await until(() => last === '');
  });

  it('applies what is right beside an entry that is wrong, and keeps that one as it was', async () => {
    write(line('a', 1), line('b', 2), line('c', 3));
    await begin();
    write(line('a', 0), line('b', 4), line('new', 'x'), line('d', 5));
    await until(() => last === 'b 10.0.0.1:4, d 10.0.0.1:5, a 10.0.0.1:1');
    expect(logger.messages).toEqual([
      'an entry of the endpoints file is wrong: it stays as it was',
      'an entry of the endpoints file is wrong: it is left out',
    ]);
    write(line('b', 1), line('a', 'x'));
    await until(() => last === 'b 10.0.0.1:1');
  });

  it('keeps what it has while the file is wrong or away', async () => {
    write(line('a', 1));
    await begin();
    writeFileSync(path, 'endpoints: [');
    await until(() => logger.lines.length === 1);
    rmSync(path);
    await until(() => logger.lines.length === 2);
    expect(last).toBe('a 10.0.0.1:1');
    write(line('b', 2));
    await until(() => last === 'b 10.0.0.1:2');
  });

  it('reads it once where it is not to be watched', async () => {
    write(line('a', 1));
    const once = new FileDiscovery({ path, watchFile: false }, logger);
    await once.load();
    let calls = 0;
    once.start(() => calls++);
    await begin();
    write(line('b', 2));
    await until(() => last === 'b 10.0.0.1:2');
    expect(calls).toBe(0);
    once.stop();
  });

  it('is a plugin with strict parameters', () => {
    const [definition] = DISCOVERY_PLUGINS;
    const { parameters } = definition!;
    expect(parameters.parse({ path: '/x' })).toEqual({ path: '/x', watchFile: true });
    expect(parameters.safeParse({}).success).toBe(false);
    expect(parameters.safeParse({ path: '/x', watch: true }).success).toBe(false);
  });
});
