import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { MetricsDump } from '../../metrics/metrics-dump.js';
import { SidecarMetrics } from '../../metrics/sidecar.metrics.js';
import { tellMetrics } from './metrics-news.js';

describe(tellMetrics.name, () => {
  let metrics: SidecarMetrics;
  let told: number[];
  let stop: () => void;
  beforeEach(() => {
    jest.useFakeTimers();
    jest.advanceTimersByTime(1000);
    metrics = new SidecarMetrics([]);
    told = [];
    stop = tellMetrics(metrics, (dump) => told.push(requestsIn(dump)));
  });
  afterEach(() => {
    stop();
    jest.useRealTimers();
  });

  const requestsIn = (dump: MetricsDump): number => {
    const { values } = dump.find(({ name }) => name === 'sidecar_requests_total')!;
    return values.reduce((sum, { value }) => sum + value, 0);
  };
  const serve = (): void => metrics.requestFinished('/x', 200, 1);

  it('tells a request soon after it was counted, and nothing while there is none', async () => {
    await jest.advanceTimersByTimeAsync(1000);
    serve();
    await jest.advanceTimersByTimeAsync(100);
    expect(told).toEqual([1]);
    await jest.advanceTimersByTimeAsync(5000);
    expect(told).toEqual([1]);
  });

  it('tells of many a few times a second', async () => {
    for (let i = 0; i < 100; i++) {
      serve();
      await jest.advanceTimersByTimeAsync(10);
    }
    await jest.advanceTimersByTimeAsync(1000);
    expect(told.length).toBeLessThanOrEqual(5);
    expect(told.at(-1)).toBe(100);
  });
});
