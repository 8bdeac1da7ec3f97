import { describe, expect, it } from '@jest/globals';
import {
  inferenceRequest,
  matchOf,
  pluginOf,
  servers,
  type Server,
} from '../../../test/support/scheduling-harness.js';
import type { HeaderWriter, Producer } from '../plugin.js';
import { APPROXIMATE_PREFIX_PRODUCER } from '../prefix-match.js';
import { p2pSourceProducer } from './p2p-source-producer.js';

interface Asked {
  /** Blocks of 64 tokens that each of three servers holds. */
  readonly held: readonly number[];
  readonly waiting?: readonly number[];
  /** Index of who decodes, and of who prefills. */
  readonly decoder: number;
  readonly prefiller?: number;
  readonly id?: string;
}

/** @returns index of the source that the sidecar is told */
function sourceOf(asked: Asked, parameters: object = {}): number | undefined {
  const { held, waiting = [], decoder, prefiller, id = 'r' } = asked;
  const all = servers(held.map((_, i) => ({ state: { waiting: waiting[i] ?? 0 } })));
  const sut = pluginOf<Producer & HeaderWriter>(p2pSourceProducer, parameters);
  const request = inferenceRequest({ id });
  const match = matchOf(all, held, { totalBlocks: 20, blockSize: 64 });
  request.attributes.set(APPROXIMATE_PREFIX_PRODUCER, match);
  void sut.produce(request, all);
  const done = new Map<string, Server[]>([['decode', [all[decoder]!]]]);
  if (prefiller !== undefined) done.set('prefill', [all[prefiller]!]);
  const headers = sut.headers(request, done, 'decode');
  const [name, value] = headers[0] ?? [];
  if (name !== undefined) expect(name).toBe('x-kv-cache-source-host-port');
  const index = all.findIndex((one) => one.id === value);
  return index < 0 ? undefined : index;
}

describe('p2p-source-producer', () => {
  it.each<[string, Asked, object, number | undefined]>([
    ['who holds more', { held: [2, 9, 0], decoder: 0 }, {}, 1],
    ['nobody where the same computes it', { held: [2, 9, 0], decoder: 1 }, {}, undefined],
    ['nobody where none holds any', { held: [0, 0, 0], decoder: 0 }, {}, undefined],
    ['nobody where that is as much', { held: [9, 9, 0], decoder: 0 }, {}, undefined],
    ['who holds more than the prefiller', { held: [9, 0, 2], decoder: 0, prefiller: 2 }, {}, 0],
    [
      'nobody for too little',
      { held: [2, 4, 0], decoder: 0 },
      { minCachedTokenDelta: 129 },
      undefined,
    ],
    ['who holds enough', { held: [2, 4, 0], decoder: 0 }, { minCachedTokenDelta: 128 }, 1],
  ])('names %s', (_, asked, parameters, expected) => {
    expect(sourceOf(asked, parameters)).toBe(expected);
  });

  it('takes turns among those that hold nearly the most, more often where fewer wait', () => {
    const counts = [0, 0, 0, 0];
    for (let i = 0; i < 1000; i++) {
      const source = sourceOf({
        ...{ held: [0, 9, 8, 7], waiting: [0, 0, 3, 0], decoder: 0, id: `request ${i}` },
      });
      counts[source!]!++;
    }
    expect(counts[0]! + counts[3]!).toBe(0);
    expect(counts[1]).toBeGreaterThan(700);
    expect(counts[2]).toBeGreaterThan(100);
  });

  it('says nothing of a request whose prompt nobody looked at', () => {
    const [a] = servers([{}]);
    const sut = pluginOf<Producer & HeaderWriter>(p2pSourceProducer);
    const request = inferenceRequest();
    void sut.produce(request, [a!]);
    expect(sut.headers(request, new Map([['decode', [a!]]]), 'decode')).toEqual([]);
  });
});
