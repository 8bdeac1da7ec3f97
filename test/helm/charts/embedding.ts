import type { ChartCases } from '../chart-cases.js';
import { podsOf } from '../rig/objects.js';
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
