import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { createLogger } from './create-logger.js';

describe(createLogger.name, () => {
  let directory: string;
  let stderr: string;
  let fd: number;

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'tandem-log-'));
    stderr = join(directory, 'stderr');
    fd = openSync(stderr, 'a');
  });

  afterEach(() => {
    closeSync(fd);
    rmSync(directory, { recursive: true });
  });

  const messages = (path: string): unknown[] =>
    readFileSync(path, 'utf8')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => (JSON.parse(line) as { msg: unknown }).msg);

  it('writes JSON where stderr is no terminal', async () => {
    const sut = createLogger({ level: 'info', format: 'auto', fd });
    sut.info('hello');
    await sut.flush();
    expect(messages(stderr)).toEqual(['hello']);
  });

  it('writes for people when told so', async () => {
    const sut = createLogger({ level: 'info', format: 'pretty', fd });
    sut.info('hello', { a: 1 });
    await sut.flush();
    expect(readFileSync(stderr, 'utf8')).toMatch(/^\d\d:\d\d:\d\d\.\d{3} INFO {2}hello {2}a=1\n$/);
  });

  it('lets lines appear without a flush', async () => {
    createLogger({ level: 'info', format: 'json', fd }).info('hello');
    while (readFileSync(stderr, 'utf8') === '') await wait(5);
    expect(messages(stderr)).toEqual(['hello']);
  });

  it('keeps the order of many lines and loses none', async () => {
    const sut = createLogger({ level: 'info', format: 'json', fd });
    for (let index = 0; index < 20_000; index++) sut.info(`line ${index}`);
    await sut.flush();
    expect(messages(stderr)).toEqual(Array.from({ length: 20_000 }, (_, index) => `line ${index}`));
  });

  it('appends to a file instead of stderr', async () => {
    const file = join(directory, 'tandem.log');
    for (const message of ['first', 'second']) {
      const sut = createLogger({ level: 'info', format: 'pretty', file, fd });
      sut.info(message);
      await sut.flush();
    }
    expect(messages(file)).toEqual(['first', 'second']);
    expect(readFileSync(stderr, 'utf8')).toBe('');
  });

  it('writes to both when told so', async () => {
    const file = join(directory, 'tandem.log');
    const sut = createLogger({ level: 'info', format: 'json', file, alsoToStderr: true, fd });
    sut.info('hello');
    await sut.flush();
    expect([messages(file), messages(stderr)]).toEqual([['hello'], ['hello']]);
  });

  it('throws where the file cannot be opened', () => {
    const file = join(directory, 'missing', 'tandem.log');
    expect(() => createLogger({ level: 'info', format: 'json', file })).toThrow('ENOENT');
  });
});
