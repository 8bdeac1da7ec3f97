import { describe, expect, it } from '@jest/globals';
import { loadSettings } from '../../../config/load-settings.js';
import { routerSettings } from '../router.settings.js';
import { kvSourceList } from './kv-source-list.js';

const A = 'http://a:8000=tcp://a:5557,tcp://a:5558';
const B = 'https://[::1]:8000=ipc:///run/kv';
const sources = (...argv: string[]): readonly string[] =>
  loadSettings(routerSettings, {
    argv: ['--worker-urls', 'http://a:8000', '--policy', 'kv_aware', ...argv],
    env: {},
  }).config.kvEventSource;

describe(kvSourceList.name, () => {
  it.each([
    ['words', ['--kv-event-source', A, B]],
    ['one value with commas', [`--kv-event-source=${A},${B}`]],
    ['repeated flags', ['--kv-event-source', A, '--kv-event-source', B]],
  ])('keeps the endpoints of a worker together: %s', (_, argv) => {
    expect(sources(...argv)).toEqual([A, B]);
  });
});
