import { describe, expect, it } from '@jest/globals';
import { podObject, type FakePod } from '../../../test/support/fake-apiserver-objects.js';
import { havingAll } from './pod-selector.js';
import { parsePod } from './pod.js';

const LABELS = { app: 'vllm' };
const SELECTOR = havingAll(LABELS);

const parse = (pod: Partial<FakePod>) =>
  parsePod(podObject({ name: 'a', ip: '10.1.0.1', ...pod }), SELECTOR, 'demo');

describe(parsePod.name, () => {
  it('keeps name, addresses, readiness, network and role', () => {
    const labels = { ...LABELS, 'llm-d.ai/role': 'decode' };
    expect(parse({ ips: ['10.1.0.1', 'FD00::0001', '10.1.0.1'], labels })).toEqual({
      name: 'a',
      uid: '',
      ips: ['10.1.0.1', 'fd00::1'],
      ready: true,
      hostNetwork: false,
      role: 'decode',
    });
  });

  it.each<Partial<FakePod>>([
    { phase: 'Succeeded' },
    { phase: 'Failed' },
    { deletionTimestamp: '2026-01-01T00:00:00Z' },
    { ips: [] },
    { ips: ['nonsense', '10.1', 'fe80::1%eth0'] },
    { labels: {} },
    { labels: { app: 'other' } },
    { namespace: 'elsewhere' },
  ])('leaves out a pod with %j', (pod) => {
    expect(parse(pod)).toBeUndefined();
  });

  it.each([undefined, null, 1, {}, { metadata: null, status: [] }, { metadata: { name: 7 } }])(
    'takes %j for no pod',
    (object) => {
      expect(parsePod(object, SELECTOR, 'demo')).toBeUndefined();
    },
  );
});
