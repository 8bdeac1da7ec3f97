import type { ChartCases } from '../chart-cases.js';
import { podsOf, the } from '../rig/objects.js';
import { equal, hasArgs } from './sidecar/pods.js';

const SIDECAR_IMAGE = { image: { repository: 'tandem', tag: '1' } };

/** A chart of somebody else, which has only the library. */
export const EMBEDDING: ChartCases = {
  chart: '../test/helm/fixtures/embedding',
  good: [
    {
      name: 'an image, and nothing else',
      expect: (objects) => {
        const { spec } = podsOf(objects)[0]!;
        const [sidecar] = spec.initContainers;
        equal(sidecar.args, ['sidecar', '--secure-proxy=false']);
        equal(sidecar.restartPolicy, 'Always');
        equal(sidecar.securityContext.readOnlyRootFilesystem, true);
        equal(spec.volumes, undefined);
        equal(spec.containers[0].lifecycle.preStop.httpGet, {
          path: '/drain?seconds=5',
          port: 9090,
        });
      },
    },
    {
      name: 'a pool, and the rights that it takes',
      values: {
        sidecar: { ...SIDECAR_IMAGE, config: { 'enable-ssrf-protection': true } },
        pool: { name: 'pool', namespace: 'models' },
      },
      expect: (objects) => {
        const { spec } = podsOf(objects)[0]!;
        hasArgs(spec.initContainers[0], '--inference-pool=models/pool');
        equal(
          spec.volumes.map(({ name }: { name: string }) => name),
          ['api-access'],
        );
        const { metadata, rules } = the(objects, 'Role');
        equal(metadata.namespace, 'models');
        equal(rules[0].resourceNames, ['pool']);
      },
    },
    {
      name: 'TLS and ranks',
      values: {
        sidecar: {
          ...SIDECAR_IMAGE,
          config: {
            'data-parallel-size': 2,
            'model-server-port': 8200,
          },
          tls: { secretName: 'front' },
        },
      },
      expect: (objects) => {
        const { spec } = podsOf(objects)[0]!;
        const [sidecar] = spec.initContainers;
        hasArgs(sidecar, '--secure-proxy=true');
        equal(sidecar.ports.length, 3);
        equal(
          spec.volumes.map(({ name }: { name: string }) => name),
          ['sidecar-tls'],
        );
      },
    },
  ],
  refused: [
    {
      name: 'a pool without a name',
      values: { sidecar: { ...SIDECAR_IMAGE, config: { 'prefiller-discovery': true } } },
      says: ['inferencePool.name is missing'],
    },
  ],
};
