import type { ChartCases } from '../chart-cases.js';
import { containersOf, has, podsOf, the } from '../rig/objects.js';
import { must } from '../scenario.js';

export const SIDECAR: ChartCases = {
  chart: 'tandem-sidecar',
  good: [
    { name: 'defaults' },
    {
      name: 'SSRF protection',
      values: {
        sidecar: { config: { 'enable-ssrf-protection': true } },
        inferencePool: { name: 'pool', namespace: 'models' },
      },
      expect: (objects) => {
        must(the(objects, 'Role').metadata.namespace === 'models', 'the Role is not at the pool');
        const [decode, prefill] = podsOf(objects);
        must(decode!.spec.automountServiceAccountToken === true, 'decoders get no token');
        must(prefill!.spec.automountServiceAccountToken === false, 'prefillers get a token');
      },
    },
    {
      name: 'no Kubernetes API',
      expect: (objects) => must(!has(objects, 'Role'), 'there is a Role for nothing'),
    },
    {
      name: 'data-parallel ranks',
      values: { sidecar: { config: { 'data-parallel-size': 2 } } },
      expect: (objects) => {
        const [sidecar] = containersOf(podsOf(objects)[0]!);
        const ports = sidecar.ports.map(
          ({ containerPort }: { containerPort: number }) => containerPort,
        );
        must(ports.includes(8001), `rank 1 has no port: ${ports.join()}`);
      },
    },
    { name: 'decoders alone', values: { prefill: { enabled: false } } },
    { name: 'simulators', values: { modelServer: { engine: 'simulator' } } },
  ],
  refused: [
    {
      name: 'an unknown value',
      values: { replicas: 2 },
      says: ['replicas'],
    },
    {
      name: 'an unknown setting',
      values: { sidecar: { config: { 'kv-conector': 'nixlv2' } } },
      says: ['kv-conector'],
    },
    {
      name: 'a number that is none',
      values: { decode: { replicas: 'two' } },
      says: ['replicas'],
    },
    {
      name: 'SSRF protection without a pool',
      values: { sidecar: { config: { 'enable-ssrf-protection': true } } },
      says: ['inferencePool.name', 'enable-ssrf-protection'],
    },
    {
      name: 'a grace period that cuts streams',
      values: { terminationGracePeriodSeconds: 30 },
      says: ['terminationGracePeriodSeconds', 'may need 75 s to end'],
    },
  ],
};
