import { describe, expect, it } from '@jest/globals';
import {
  inferenceRequest,
  pluginOf,
  scoresOf,
  servers,
} from '../../../test/support/scheduling-harness.js';
import type { Scorer } from '../plugin.js';
import { loraAffinityScorer } from './lora-affinity-scorer.js';

describe('lora-affinity-scorer', () => {
  it.each([
    ['that has the adapter', ['sql', 'x'], [], 2, 1],
    ['that has it and waits for others', ['sql'], ['x', 'y'], 1, 1],
    ['that has room for one more', ['x'], [], 2, 0.8],
    ['that has room for one more and is loading it', ['x'], ['sql'], 3, 0.8],
    ['that is full and is to load it', ['x'], ['sql'], 2, 0.6],
    ['that is full of running and waiting ones', ['x'], ['y'], 2, 0],
    ['that is full', ['x', 'y'], [], 2, 0],
    ['that has no adapters', [], [], 0, 0],
  ])('scores a server %s', (_case, running, waiting, max, score) => {
    const lora = { running: new Set(running), waiting: new Set(waiting), max };
    const request = inferenceRequest({ model: 'alias', targetModel: 'sql' });
    const sut = pluginOf<Scorer>(loraAffinityScorer);
    expect(scoresOf(sut, servers([{ state: { lora } }]), request)).toEqual([score]);
  });

  it('gives a server 0 that was never asked', () => {
    expect(scoresOf(pluginOf<Scorer>(loraAffinityScorer), servers([{}]))).toEqual([0]);
  });
});
