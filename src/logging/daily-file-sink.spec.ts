import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { until } from '../../test/support/raw-client.js';
import { DailyFileSink } from './daily-file-sink.js';

describe(DailyFileSink.name, () => {
  let folder: string;
  let now: number;
  let troubles: string[];
  const sinks: DailyFileSink[] = [];

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'tandem-daily-'));
    now = Date.UTC(2026, 10, 22, 23, 59, 59);
    troubles = [];
  });

  afterEach(() => {
    for (const sink of sinks.splice(0)) sink.reopen();
    rmSync(folder, { recursive: true, force: true });
  });

  const open = (at = folder): DailyFileSink => {
    const sink = new DailyFileSink({
      folder: at,
      name: 'router',
      now: () => now,
      onTrouble: (_path, { message }) => troubles.push(message),
    });
    sinks.push(sink);
    return sink;
  };
  const read = (day: string): string => readFileSync(join(folder, `router.${day}.log`), 'utf8');

  it('names the file after the day of UTC', async () => {
    const sink = open();
    sink.write('a\n');
    await sink.flush();
    expect(read('2026-11-22')).toBe('a\n');
  });

  it('writes without being told to', async () => {
    open().write('a\n');
    await until(() => read('2026-11-22') === 'a\n');
  });

  it('turns over at midnight and loses nothing', async () => {
    const sink = open();
    sink.write('before\n');
    now += 1000;
    sink.write('after\n');
    await sink.flush();
    expect(read('2026-11-22')).toBe('before\n');
    expect(read('2026-11-23')).toBe('after\n');
  });

  it('goes on with a file that is there', async () => {
    const first = open();
    first.write('one\n');
    await first.flush();
    const second = open();
    second.write('two\n');
    await second.flush();
    expect(read('2026-11-22')).toBe('one\ntwo\n');
  });

  it('makes the folder', () => {
    open(join(folder, 'a', 'b'));
    expect(readdirSync(join(folder, 'a', 'b'))).toEqual(['router.2026-11-22.log']);
  });

  it('fails at once where no file can be made', () => {
    expect(() => open('/dev/null/logs')).toThrow(/ENOTDIR|EEXIST/);
  });

  it('fails at once where a folder takes no other one', () => {
    expect(() => open('/proc/none/logs')).toThrow(/ENOENT|EACCES|EPERM/);
  });

  it('begins a new file when the old one was moved', async () => {
    const sink = open();
    sink.write('old\n');
    await sink.flush();
    renameSync(join(folder, 'router.2026-11-22.log'), join(folder, 'moved'));
    sink.write('still old\n');
    sink.reopen();
    sink.write('new\n');
    await sink.flush();
    expect(readFileSync(join(folder, 'moved'), 'utf8')).toBe('old\nstill old\n');
    expect(read('2026-11-22')).toBe('new\n');
  });

  it('keeps lines while the folder cannot be written to, and says so once', async () => {
    const sink = open();
    rmSync(folder, { recursive: true });
    // A file where the folder was: nothing can be made in it.
    const blocker = new DailyFileSink({ folder: tmpdir(), name: 'x', onTrouble: () => undefined });
    renameSync(blocker.path, folder);
    now += 1000;
    sink.write('one\n');
    sink.write('two\n');
    await sink.flush();
    await sink.flush();
    expect(troubles).toHaveLength(1);
    rmSync(folder);
    mkdirSync(folder);
    await sink.flush();
    expect(read('2026-11-23')).toBe('one\ntwo\n');
  });

  it('says how many lines it dropped when too many waited', async () => {
    const sink = open();
    rmSync(folder, { recursive: true });
    const blocker = new DailyFileSink({ folder: tmpdir(), name: 'x', onTrouble: () => undefined });
    renameSync(blocker.path, folder);
    now += 1000;
    const line = `${'x'.repeat(1024 * 1024)}\n`;
    for (let count = 0; count < 18; count++) sink.write(line);
    rmSync(folder);
    mkdirSync(folder);
    await sink.flush();
    sink.write('after\n');
    await sink.flush();
    expect(read('2026-11-23')).toMatch(/"lines":2,.*dropped/);
  });
});
