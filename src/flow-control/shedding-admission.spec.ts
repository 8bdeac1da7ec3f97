import { describe, expect, it } from '@jest/globals';
import { flowRequest, flowServer, type FlowServer } from '../../test/support/flow-harness.js';
import { ADMITTED } from './admission.js';
import { createAdmission } from './create-admission.js';
import { UtilizationDetector } from './detectors/utilization-detector.js';
import { SheddingAdmission } from './shedding-admission.js';

function admission(servers: FlowServer[]) {
  const thresholds = { queueDepth: 5, kvCacheUtil: 0.8, staleness: 2000, headroom: 0 };
  return createAdmission(
    {
      queues: false,
      section: { maxRequests: 1 },
      plugin: () => undefined,
      detector: new UtilizationDetector(thresholds, () => 0),
    },
    { endpoints: () => servers, now: () => 0 },
  );
}

describe(SheddingAdmission.name, () => {
  it.each([
    [0, 9, 'admitted'],
    [5, 9, 'admitted'],
    [-1, 5, 'refused'],
    [-1, 4, 'admitted'],
    [-9, 9, 'refused'],
  ])('of a request of priority %d at %d waiting says %s', (priority, waiting, kind) => {
    const sut = admission([flowServer('a', { waiting })]);
    expect(sut.admit(flowRequest({ priority })).kind).toBe(kind);
  });

  it('refuses with 429 and its reason', () => {
    const refusal = admission([flowServer('a', { waiting: 5 })]).admit(
      flowRequest({ priority: -1 }),
    );
    expect(refusal).toMatchObject({ status: 429, reason: 'rejected-saturated' });
  });

  it('leaves an empty pool to the scheduler', () => {
    expect(admission([]).admit(flowRequest({ priority: -1 }))).toBe(ADMITTED);
  });

  it('looks at the fullest stage', () => {
    const labels = { 'llm-d.ai/role': 'prefill' };
    const pool = [flowServer('p', { waiting: 5 }, { labels }), flowServer('d')];
    const sut = admission(pool);
    expect(sut.admit(flowRequest({ priority: -1 })).kind).toBe('refused');
    expect(sut.state).toMatchObject({
      saturation: { prefill: 1, decode: 0, effective: 1 },
      bands: [],
    });
  });

  it('sees at once what servers tell, and who comes', () => {
    const servers = [flowServer('a', { waiting: 5 })];
    const sut = admission(servers);
    const low = flowRequest({ priority: -1 });
    expect(sut.admit(low).kind).toBe('refused');
    servers[0]!.state.waiting = 0;
    sut.stateChanged();
    expect(sut.admit(low).kind).toBe('admitted');
    servers[0]!.state.waiting = 9;
    sut.decided(low);
    expect(sut.admit(low).kind).toBe('refused');
    servers.push(flowServer('b'), flowServer('c'));
    sut.endpointsChanged();
    expect(sut.admit(low).kind).toBe('admitted');
  });

  it('does not take a burst to an idle server for a queue', () => {
    const sut = admission([flowServer('a')]);
    for (let i = 0; i < 50; i++) {
      const low = flowRequest({ priority: -1 });
      expect(sut.admit(low)).toBe(ADMITTED);
      sut.decided(low);
    }
  });
});
