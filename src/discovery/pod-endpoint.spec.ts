import { describe, expect, it } from '@jest/globals';
import type { SelectedPod } from '../kubernetes/selected-pods.js';
import { readPod } from './pod-endpoint.js';

const pod = (more: Partial<SelectedPod> = {}): SelectedPod => ({
  namespace: 'demo',
  name: 'a',
  ip: '10.0.0.1',
  ready: true,
  incarnation: 'u 0',
  labels: {},
  annotations: {},
  ...more,
});
const PORTS = { 'vllm.ai/bootstrap-port': '8998' };

describe('a pod as an endpoint', () => {
  it('serves at the port that all have', () => {
    const { endpoint, flaws } = readPod(pod(), 'regular', 8000);
    expect(flaws).toEqual([]);
    expect(endpoint).toMatchObject({ identity: 'u 0', usable: true });
    expect(endpoint!.spec).toMatchObject({
      source: 'kubernetes',
      role: 'regular',
      priority: 50,
      cost: 1,
      labels: { namespace: 'demo', pod: 'a' },
      address: { url: 'http://10.0.0.1:8000' },
    });
  });

  it('may have an address of IPv6', () => {
    const { endpoint } = readPod(pod({ ip: 'fd00::1' }), 'regular', 8000);
    expect(endpoint!.spec.address.url).toBe('http://[fd00::1]:8000');
  });

  it.each<[Record<string, string>, 'prefill' | 'decode', number | undefined]>([
    [PORTS, 'prefill', 8998],
    [{ 'sglang.ai/bootstrap-port': '9000' }, 'prefill', 9000],
    [{ 'sglang.ai/bootstrap-port': '9000', ...PORTS }, 'prefill', 8998],
    [PORTS, 'decode', undefined],
    [{}, 'prefill', undefined],
  ])('with annotations %j is as %s told port %s', (annotations, role, port) => {
    const { endpoint } = readPod(pod({ annotations }), role, 8000);
    expect(endpoint!.spec.bootstrapPort).toBe(port);
  });

  it('says of itself what the worker API could say', () => {
    const annotations = {
      'vllm.ai/priority': '10',
      'vllm.ai/cost': '0.5',
      'vllm.ai/model-id': 'org/m',
    };
    const labels = { app: 'vllm', 'vllm.ai/policy': 'random', 'vllm.ai/max_load': '4' };
    expect(readPod(pod({ annotations, labels }), 'regular', 8000).endpoint!.spec).toMatchObject({
      priority: 10,
      cost: 0.5,
      modelId: 'org/m',
      labels: { policy: 'random', max_load: '4', namespace: 'demo', pod: 'a' },
    });
  });

  it.each([
    ['vllm.ai/bootstrap-port', '0'],
    ['vllm.ai/bootstrap-port', '80a'],
    ['vllm.ai/priority', '1.5'],
    ['vllm.ai/cost', ''],
    ['vllm.ai/cost', '-1'],
  ])('goes without %s=%j, and says so', (name, value) => {
    const { endpoint, flaws } = readPod(pod({ annotations: { [name]: value } }), 'prefill', 8000);
    expect(endpoint!.spec).toMatchObject({ priority: 50, cost: 1, bootstrapPort: undefined });
    expect(flaws).toEqual([`annotation ${name}: ${JSON.stringify(value)} is ignored`]);
  });

  it('is none at an address at which no worker can be', () => {
    const { endpoint, flaws } = readPod(pod({ ip: '169.254.169.254' }), 'regular', 80);
    expect(endpoint).toBeUndefined();
    expect(flaws[0]).toContain('link-local');
  });
});
