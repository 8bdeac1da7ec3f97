import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { removeOthers } from './checkout.js';

describe(removeOthers.name, () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'tandem-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const checkout = (name: string, pid?: number): void => {
    mkdirSync(join(folder, name, 'src'), { recursive: true });
    if (pid !== undefined) writeFileSync(join(folder, `${name}.pid`), String(pid));
  };

  it('keeps this one, and those that another comparison uses', () => {
    checkout('own', process.pid);
    checkout('old');
    checkout('left', 2 ** 30);
    checkout('used', process.ppid);
    removeOthers(join(folder, 'own'));
    expect(readdirSync(folder).toSorted()).toEqual(['own', 'own.pid', 'used', 'used.pid']);
  });
});
