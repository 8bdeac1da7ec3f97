import { describe, expect, it } from '@jest/globals';
import { schedulerOf } from '../../test/support/scheduler-harness.js';
import { inferenceRequest, servers, type Server } from '../../test/support/scheduling-harness.js';
import type { Endpoints, Filter, Scorer } from './plugin.js';
import { Scheduler } from './scheduler.js';
import { SchedulingFailure } from './scheduling-failure.js';
import type { SchedulingResult } from './scheduling-result.js';

const request = inferenceRequest();
const THREE = servers([{}, {}, {}]);

function keeping(numbers: readonly number[], saturates = false): Filter {
  return {
    saturates,
    filter: (_, endpoints) =>
      endpoints.filter((each) => numbers.includes(THREE.indexOf(each as Server))),
  };
}

function scoring(...given: readonly number[]): Scorer {
  return {
    score: (_, endpoints, scores) =>
      endpoints.forEach((each, i) => (scores[i] = given[THREE.indexOf(each)]!)),
  };
}

function scheduled(sut: Scheduler, endpoints: Endpoints = THREE): SchedulingResult {
  const result = sut.schedule(request, endpoints);
  if (result instanceof SchedulingFailure) throw new Error(result.message);
  return result;
}

function failed(sut: Scheduler, endpoints: Endpoints = THREE): SchedulingFailure {
  const result = sut.schedule(request, endpoints);
  if (result instanceof SchedulingFailure) return result;
  throw new Error('an endpoint was found');
}

describe(Scheduler, () => {
  it('takes the endpoint with the highest sum of weighted scores', () => {
    const sut = schedulerOf({
      default: { scorers: { a: [scoring(1, 0.5, 0), 1], b: [scoring(0, 0.5, 1), 1.5] } },
    });
    expect(scheduled(sut).endpoints).toEqual([THREE[2]]);
  });

  it('counts scores beyond 0 and 1 as the nearer of the two, and what is no number as 0', () => {
    const sut = schedulerOf({
      default: { scorers: { wild: [scoring(50, -7, NaN), 1], calm: [scoring(0, 0.9, 0.95), 2] } },
    });
    const explained = sut.schedule({ ...request, explain: true }, THREE) as SchedulingResult;
    expect(explained.records?.get('default')?.scores).toEqual({
      [THREE[0]!.id]: { wild: 1, calm: 0, total: 1 },
      [THREE[1]!.id]: { wild: 0, calm: 0.9, total: 1.8 },
      [THREE[2]!.id]: { wild: 0, calm: 0.95, total: 1.9 },
    });
    expect(explained.endpoints).toEqual([THREE[2]]);
  });

  it('asks each filter for what the one before left', () => {
    const seen: number[] = [];
    const counting: Filter = {
      filter: (_, endpoints) => {
        seen.push(endpoints.length);
        return endpoints;
      },
    };
    const sut = schedulerOf({
      default: { filters: { first: keeping([0, 2]), second: counting, third: keeping([2]) } },
    });
    expect(scheduled(sut).endpoints).toEqual([THREE[2]]);
    expect(seen).toEqual([2]);
  });

  it('begins each decision with scores of 0, though a scorer fills none', () => {
    const silent: Scorer = { score: () => undefined };
    const sut = schedulerOf({
      default: { scorers: { loud: [scoring(1, 1, 1), 1], silent: [silent, 1] } },
    });
    const explained = sut.schedule({ ...request, explain: true }, THREE) as SchedulingResult;
    expect(explained.records?.get('default')?.scores[THREE[0]!.id]).toEqual({
      loud: 1,
      silent: 0,
      total: 1,
    });
  });

  it('tells candidates, what filters left out and scores only to those who ask', () => {
    const sut = schedulerOf({
      default: {
        filters: { only: keeping([1]), all: keeping([0, 1, 2]) },
        scorers: { a: [scoring(0, 1, 0), 3] },
      },
    });
    expect(scheduled(sut).records).toBeUndefined();
    const explained = sut.schedule({ ...request, explain: true }, THREE) as SchedulingResult;
    expect(JSON.parse(JSON.stringify(explained.records?.get('default')))).toEqual({
      candidates: THREE.map(({ id }) => id),
      filters: [
        { plugin: 'only', dropped: [THREE[0]!.id, THREE[2]!.id] },
        { plugin: 'all', dropped: [] },
      ],
      scores: { [THREE[1]!.id]: { a: 1, total: 3 } },
      picked: [THREE[1]!.id],
    });
  });

  it('gives 503 where there is no endpoint, and where filters leave none', () => {
    const sut = schedulerOf({ default: { filters: { none: keeping([]) } } });
    for (const endpoints of [[], THREE]) {
      expect(failed(sut, endpoints)).toMatchObject({
        status: 503,
        reason: 'rejected-no-endpoints',
      });
    }
  });

  it('gives 429 where a filter left none because all are too busy', () => {
    const sut = schedulerOf({ default: { filters: { busy: keeping([], true) } } });
    expect(failed(sut)).toMatchObject({ status: 429, reason: 'rejected-saturated' });
  });

  it('gives 429 where one would have been left but for those that are too busy', () => {
    const filters = { busy: keeping([0], true), role: keeping([1]) };
    expect(failed(schedulerOf({ default: { filters } })).status).toBe(429);
  });

  it('gives 503 where none would have been left, however busy they are', () => {
    const filters = { busy: keeping([0], true), role: keeping([]) };
    expect(failed(schedulerOf({ default: { filters } })).status).toBe(503);
  });

  it('lets writers of headers add to those of the handler, and win over them', () => {
    const headers = (name: string, value: string) => ({ headers: () => [[name, value] as const] });
    const handler = {
      next: (_: unknown, profiles: readonly string[], done: ReadonlyMap<string, unknown>) =>
        done.size === 0 ? profiles[0] : undefined,
      primary: (profiles: readonly string[]) => profiles[0],
      ...headers('x-a', 'handler'),
    };
    const sut = schedulerOf({ default: {} }, handler, {
      headerWriters: [
        { name: 'one', type: 'one', plugin: headers('x-a', 'one') },
        { name: 'two', type: 'two', plugin: headers('x-b', 'two') },
      ],
    });
    expect(scheduled(sut).headers).toEqual([
      ['x-a', 'one'],
      ['x-b', 'two'],
    ]);
  });

  it('runs no profile twice, whatever the handler says', () => {
    const endless = { next: () => 'default', primary: () => 'default' };
    expect(scheduled(schedulerOf({ default: {} }, endless)).profiles.size).toBe(1);
  });

  it('keeps working as the number of endpoints goes up and down', () => {
    const sut = schedulerOf({
      default: {
        scorers: { last: [{ score: (_, all, scores) => void (scores[all.length - 1] = 1) }, 1] },
      },
    });
    for (const count of [1, 5, 3, 40, 2, 500, 40]) {
      const all = servers(Array.from({ length: count }, () => ({})));
      expect(scheduled(sut, all).endpoints).toEqual([all.at(-1)]);
    }
  });

  it('spreads a burst over endpoints that are equal otherwise', () => {
    const sut = schedulerOf({
      default: { scorers: { same: [{ score: (_, __, s) => void s.fill(1) }, 1] } },
    });
    const all = servers(Array.from({ length: 7 }, () => ({})));
    for (let i = 0; i < 70; i++) (scheduled(sut, all).endpoints[0] as Server).inFlight++;
    expect(all.map(({ inFlight }) => inFlight)).toEqual(all.map(() => 10));
  });
});
