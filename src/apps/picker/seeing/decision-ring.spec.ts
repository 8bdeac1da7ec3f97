import { describe, expect, it } from '@jest/globals';
import type { ProfileRecord } from '../../../scheduling/scheduling-result.js';
import { decisionHeader } from './decision-header.js';
import { DecisionRing } from './decision-ring.js';

function record(endpoints: number): ProfileRecord {
  const candidates = Array.from({ length: endpoints }, (_, i) => `10.0.${i >> 8}.${i & 255}:8000`);
  return {
    candidates,
    filters: [{ plugin: 'decode-filter', dropped: candidates.slice(0, Math.floor(endpoints / 2)) }],
    scores: Object.fromEntries(
      candidates.map((id, i) => [
        id,
        { 'queue-scorer': i / endpoints, total: (2 * i) / endpoints },
      ]),
    ),
    picked: candidates.slice(1, 2),
  };
}

function added(ring: DecisionRing, id: string, endpoints = 2) {
  const picked = ['10.0.0.1:8000'];
  return ring.add({ id, model: 'm' }, picked, new Map([['default', record(endpoints)]]));
}

describe(DecisionRing.name, () => {
  it('tells of the newest decision first, and who served it once that is known', () => {
    const ring = new DecisionRing();
    added(ring, 'one');
    const entry = added(ring, 'two');
    expect(ring.latest(10).map(({ requestId, served }) => [requestId, served])).toEqual([
      ['two', null],
      ['one', null],
    ]);
    entry.served = '10.0.0.1:8000';
    expect(ring.latest(1)).toEqual([
      {
        requestId: 'two',
        model: 'm',
        picked: ['10.0.0.1:8000'],
        served: '10.0.0.1:8000',
        profiles: { default: record(2) },
      },
    ]);
  });

  it('forgets the oldest ones', () => {
    const ring = new DecisionRing(3);
    for (let i = 0; i < 10; i++) added(ring, String(i));
    expect(ring.latest(100).map(({ requestId }) => requestId)).toEqual(['9', '8', '7']);
    expect(ring.latest(2)).toHaveLength(2);
    expect(new DecisionRing(3).latest(5)).toEqual([]);
  });

  it('tells of decisions that failed', () => {
    const ring = new DecisionRing();
    ring.add({ id: 'x', model: 'm' }, []);
    expect(ring.latest(1)).toEqual([
      { requestId: 'x', model: 'm', picked: [], served: null, profiles: {} },
    ]);
  });

  it('keeps no long names of clients', () => {
    const ring = new DecisionRing();
    ring.add({ id: 'x'.repeat(10_000), model: 'm'.repeat(10_000) }, []);
    expect(JSON.stringify(ring.latest(1)).length).toBeLessThan(700);
  });
});

describe(decisionHeader.name, () => {
  it('is the whole decision where it is short, in one line of ASCII', () => {
    const ring = new DecisionRing();
    const { view } = ring.add({ id: 'ü\n', model: '模型' }, ['[::1]:8000'], new Map());
    const line = decisionHeader(view);
    expect(line).toMatch(/^[\x20-\x7e]+$/);
    expect(JSON.parse(line)).toEqual(view);
  });

  it.each([20, 100, 500, 5000])(
    'is short with %i endpoints, and tells of the picked one',
    (endpoints) => {
      const { view } = added(new DecisionRing(), 'x', endpoints);
      const line = decisionHeader(view);
      expect(line.length).toBeLessThanOrEqual(8192);
      const told = JSON.parse(line) as typeof view;
      expect(told.picked).toEqual(view.picked);
      const { candidates, scores } = told.profiles['default']!;
      expect(candidates).toContain('10.0.0.1:8000');
      expect(Object.keys(scores)).toContain('10.0.0.1:8000');
      expect(scores['10.0.0.1:8000']).toEqual(view.profiles['default']!.scores['10.0.0.1:8000']);
    },
  );
});
