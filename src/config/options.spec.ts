import { describe, expect, it } from '@jest/globals';
import { integer, seconds, text, wordsOf } from './kinds.js';
import { loadSettings } from './load-settings.js';
import { defineSettings, setting } from './setting.js';

const table = defineSettings({
  program: 'router',
  summary: '',
  settings: {
    'worker-urls': setting(wordsOf(text('URL')), { group: 'G', description: '', default: [] }),
    'queue-timeout-secs': setting(seconds(), { group: 'G', description: '', default: 60 }),
    'queue-size': setting(integer(), { group: 'G', description: '', default: 100 }),
  },
});
const load = (options: object, file = '{}'): object =>
  loadSettings(table, { argv: [], env: {}, options: { ...options }, readFile: () => file }).config;

describe('options of a program', () => {
  it('are settings in camel case, with the values of a file', () => {
    expect(load({ workerUrls: ['http://a'], queueTimeoutSecs: 0.5, queueSize: undefined })).toEqual(
      { workerUrls: ['http://a'], queueTimeoutSecs: 500, queueSize: 100 },
    );
  });

  it('win over a file', () => {
    const options = { config: '/x.yaml', queueSize: 3 };
    expect(load(options, 'queue-size: 5\nqueue-timeout-secs: 1')).toMatchObject({
      queueSize: 3,
      queueTimeoutSecs: 1000,
    });
  });

  it.each([
    [{ queueSise: 1 }, 'unknown option queueSise: did you mean queueSize?', 'queueSise'],
    [{ queueSize: -1 }, 'queueSize: expected a whole number of at least 0, got -1', 'queueSize'],
  ])('are refused by their name: %j', (options, message, key) => {
    expect(() => load(options)).toThrow(message);
    expect(() => load(options)).toThrow(expect.objectContaining({ at: { key } }));
  });
});
