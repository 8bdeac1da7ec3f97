import type { GoodCase } from '../../chart-cases.js';
import { exampleOf } from '../../rig/examples.js';
import { has, the } from '../../rig/objects.js';
import { must } from '../../scenario.js';
import { engineOf, equal, hasArgs } from './pods.js';

const CHART = 'tandem-sidecar';

/** The files of helm/tandem-sidecar/examples. */
export const EXAMPLES: readonly GoodCase[] = [
  { name: 'examples/simulator.yaml', values: exampleOf(CHART, 'simulator.yaml') },
  {
    name: 'examples/discovery.yaml',
    values: exampleOf(CHART, 'discovery.yaml'),
    expect: (objects) => {
      must(has(objects, 'InferencePool'), 'there is no pool');
      const env = the(objects, 'Pod', 'test')['spec'].containers[0].env;
      must(!env.some(({ name }: { name: string }) => name === 'PREFILLER'), 'the test names one');
    },
  },
  {
    name: 'examples/restricted.yaml',
    values: exampleOf(CHART, 'restricted.yaml'),
    expect: (objects) =>
      equal(engineOf(objects, 'decode').securityContext, {
        allowPrivilegeEscalation: false,
        capabilities: { drop: ['ALL'] },
        runAsNonRoot: true,
        runAsUser: 2000,
      }),
  },
  {
    name: 'examples/sglang.yaml',
    values: exampleOf(CHART, 'sglang.yaml'),
    expect: (objects) => {
      hasArgs(engineOf(objects, 'decode'), '--disaggregation-mode=decode');
      hasArgs(engineOf(objects, 'prefill'), '--disaggregation-bootstrap-port=8998');
    },
  },
];
