import { describe, expect, it } from '@jest/globals';
import { flowRequest, flowServer, type FlowServer } from '../../../test/support/flow-harness.js';
import type { InferenceRequest } from '../../scheduling/inference-request.js';
import type { SchedulingResult } from '../../scheduling/scheduling-result.js';
import { UtilizationDetector, utilizationDetector } from './utilization-detector.js';

const request = flowRequest() as InferenceRequest;
const nobody = { requests: 0, tokens: 0 };
let time = 0;

function detector(more: { staleness?: number; headroom?: number } = {}): UtilizationDetector {
  time = 0;
  const thresholds = { queueDepth: 5, kvCacheUtil: 0.8, staleness: 200, headroom: 0, ...more };
  return new UtilizationDetector(thresholds, () => time);
}

function send(sut: UtilizationDetector, to: FlowServer, count: number): void {
  to.inFlight += count;
  to.lastChosen = time;
  const result = { profiles: new Map([['default', [to]]]) } as unknown as SchedulingResult;
  for (let i = 0; i < count; i++) sut.decided(request, result);
}

describe(UtilizationDetector.name, () => {
  it.each([
    [[{ waiting: 0, kvUsage: 0 }], 0],
    [[{ waiting: 2, kvUsage: 0 }], 0.4],
    [[{ waiting: 1, kvUsage: 0.4 }], 0.5],
    [[{ waiting: 5, kvUsage: 0 }], 1],
    [[{ waiting: 0, kvUsage: 0.8 }], 1],
    [[{ waiting: 10, kvUsage: 1 }], 2],
    [[{ waiting: 5 }, { waiting: 0 }], 0.5],
    [[{ waiting: 0, readAt: -201 }], 1],
    [[{ waiting: 10, readAt: -201 }, { waiting: 0 }], 0.5],
    [[{ waiting: 0, readAt: -Infinity }], 1],
    [[{ waiting: 0, readAt: -200 }], 0],
  ])('finds %j full to %d', (states, saturation) => {
    const servers = states.map((state, i) => flowServer(`s${i}`, state));
    expect(detector().saturation(servers)).toBeCloseTo(saturation, 12);
  });

  it('counts servers that it has heard nothing fresh of', () => {
    const servers = [flowServer('a'), flowServer('b', { readAt: -201 })];
    expect(detector().stale(servers)).toBe(1);
  });

  describe('where requests wait for a place', () => {
    it('counts as waiting what was sent to a server with a queue since it told', () => {
      const sut = detector();
      const server = flowServer('a', { waiting: 1 });
      send(sut, server, 3);
      expect(sut.saturation([server], nobody)).toBeCloseTo(0.8, 12);
      expect(sut.saturation([server])).toBeCloseTo(0.2, 12);
    });

    it('lets a server without a queue have as many as it works on', () => {
      const sut = detector();
      const server = flowServer('a', { running: 20 });
      send(sut, server, 10);
      expect(sut.saturation([server], nobody)).toBeCloseTo(0.5, 12);
      send(sut, server, 10);
      expect(sut.saturation([server], nobody)).toBeCloseTo(1, 12);
    });

    it('believes the server once it has told again', () => {
      const sut = detector();
      const server = flowServer('a');
      send(sut, server, 5);
      expect(sut.saturation([server], nobody)).toBe(1);
      time = 50;
      server.state.readAt = 50;
      server.state.running = 5;
      expect(sut.saturation([server], nobody)).toBe(0);
      send(sut, server, 1);
      expect(sut.saturation([server], nobody)).toBeCloseTo(0.2, 12);
    });

    it('does not count what has ended since', () => {
      const sut = detector();
      const server = flowServer('a');
      send(sut, server, 5);
      server.inFlight = 2;
      expect(sut.saturation([server], nobody)).toBeCloseTo(0.4, 12);
    });

    it('spreads what is pending over all', () => {
      const servers = [flowServer('a'), flowServer('b', { waiting: 1 })];
      expect(detector().saturation(servers, { requests: 3, tokens: 0 })).toBeCloseTo(0.1 + 0.3, 12);
    });
  });

  it('leaves out servers that are full or silent', () => {
    const servers = [
      flowServer('free', { waiting: 4, kvUsage: 0.79 }),
      flowServer('queue', { waiting: 5 }),
      flowServer('cache', { kvUsage: 0.8 }),
      flowServer('silent', { readAt: -201 }),
    ];
    expect(detector().filter(request, servers)).toEqual([servers[0]]);
    const some = detector({ headroom: 0.2 }).filter(request, servers);
    expect(some.map(({ id }) => id)).toEqual(['free', 'queue', 'cache']);
  });

  it('never takes a server whose cache is used up', () => {
    const servers = [flowServer('a', { kvUsage: 1 }), flowServer('b')];
    expect(detector({ headroom: 9 }).filter(request, servers)).toEqual([servers[1]]);
  });

  it('leaves all where all are full, and the same array where none is', () => {
    const full = [flowServer('a', { waiting: 9 })];
    const free = [flowServer('a')];
    expect(detector().filter(request, full)).toBe(full);
    expect(detector().filter(request, free)).toBe(free);
  });

  it.each([
    [{ queueDepthThreshold: 0 }],
    [{ kvCacheUtilThreshold: 1.1 }],
    [{ metricsStalenessThreshold: '0s' }],
    [{ metricsStalenessThreshold: 200 }],
    [{ headroom: -0.1 }],
    [{ queueDepth: 5 }],
  ])('refuses the parameters %j', (parameters) => {
    expect(utilizationDetector.parameters.safeParse(parameters).success).toBe(false);
  });
});
