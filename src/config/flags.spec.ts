import { describe, expect, it } from '@jest/globals';
import { boolean, text, wordsOf } from './kinds.js';
import { loadSettings } from './load-settings.js';
import { defineSettings, setting } from './setting.js';

const table = defineSettings({
  program: 'router',
  summary: '',
  settings: {
    'worker-urls': setting(wordsOf(text('URL')), { group: 'G', description: '', default: [] }),
    tls: setting(boolean(), { group: 'G', description: '', default: true }),
    policy: setting(text('NAME'), { group: 'G', description: '', default: '' }),
  },
});

describe('a flag of several words', () => {
  it.each([
    ['--worker-urls a b --policy p'],
    ['--worker-urls=a b --policy p'],
    ['--policy p --worker-urls a --worker-urls b'],
    ['--worker-urls=a --policy=p --worker-urls=b'],
    ['--worker_urls a,b --policy p'],
  ])('takes all up to the next flag, and repeats: %s', (line) => {
    const { config } = loadSettings(table, { argv: line.split(' '), env: {} });
    expect(config).toMatchObject({ workerUrls: ['a', 'b'], policy: 'p' });
  });
});

describe('a switch', () => {
  it.each([
    ['--tls', true],
    ['--tls --policy p', true],
    ['--tls=false', false],
    ['--tls false', false],
    ['--tls true --policy p', true],
  ])('is alone, with =, or with its value behind it: %s', (line, tls) => {
    const { config } = loadSettings(table, { argv: line.split(' '), env: {} });
    expect(config).toMatchObject({ tls });
  });
});
