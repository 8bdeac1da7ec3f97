import { describe, expect, it } from '@jest/globals';
import {
  inferenceRequest,
  keptBy,
  pluginOf,
  server,
  servers,
} from '../../../test/support/scheduling-harness.js';
import type { Filter } from '../plugin.js';
import { utilizationFilter } from './utilization-filter.js';

const over = (metric: string, maxValue: number) => ({ conditions: [{ metric, maxValue }] });

describe('utilization-filter', () => {
  const all = [
    server(0),
    server(1, { inFlight: 5 }),
    server(2, { state: { running: 5 } }),
    server(3, { state: { waiting: 5 } }),
    server(4, { state: { kvUsage: 0.9 } }),
  ];

  it.each([
    ['active-requests', 5, [0, 1, 2, 3, 4]],
    ['active-requests', 4, [0, 2, 3, 4]],
    ['running-requests', 4, [0, 1, 3, 4]],
    ['waiting-queue', 0, [0, 1, 2, 4]],
    ['kv-cache-utilization', 0.9, [0, 1, 2, 3, 4]],
    ['kv-cache-utilization', 0.8, [0, 1, 2, 3]],
  ])('keeps those with %s up to %d', (metric, maxValue, kept) => {
    expect(keptBy(pluginOf(utilizationFilter, over(metric, maxValue)), all)).toEqual(kept);
  });

  it('wants every condition to hold', () => {
    const conditions = [
      { metric: 'running-requests', maxValue: 4 },
      { metric: 'waiting-queue', maxValue: 4 },
    ];
    expect(keptBy(pluginOf(utilizationFilter, { conditions }), all)).toEqual([0, 1, 4]);
  });

  it('takes what a server does not tell for 0', () => {
    const untold = servers([{ state: { kvUsage: NaN } }, {}]);
    expect(keptBy(pluginOf(utilizationFilter, over('kv-cache-utilization', 0)), untold)).toEqual([
      0, 1,
    ]);
  });

  it('leaves none where all are above, which means that they are busy', () => {
    const sut = pluginOf<Filter>(utilizationFilter, over('waiting-queue', 4));
    expect(sut.filter(inferenceRequest(), [all[3]!])).toEqual([]);
    expect(sut.saturates).toBe(true);
  });

  it('keeps all instead where it is told to', () => {
    const busy = [all[3]!];
    const sut = pluginOf<Filter>(utilizationFilter, {
      ...over('waiting-queue', 4),
      fallbackOnEmpty: true,
    });
    expect(sut.filter(inferenceRequest(), busy)).toBe(busy);
    expect(keptBy(sut, all)).toEqual([0, 1, 2, 4]);
  });

  it.each([
    [{}],
    [{ conditions: [] }],
    [over('gpu-utilization', 1)],
    [over('waiting-queue', -1)],
    [over('kv-cache-utilization', 80)],
    [{ conditions: [{ metric: 'waiting-queue' }] }],
    [{ ...over('waiting-queue', 1), fallback: true }],
  ])('refuses %j', (parameters) => {
    expect(() => pluginOf(utilizationFilter, parameters)).toThrow();
  });
});
