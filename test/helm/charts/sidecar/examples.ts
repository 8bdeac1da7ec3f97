import type { GoodCase } from '../../chart-cases.js';
import { exampleOf } from '../../rig/examples.js';
import { has, the } from '../../rig/objects.js';
import { must } from '../../scenario.js';
import { engineOf, equal, hasArgs, sidecarOf } from './pods.js';

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
    name: 'examples/llm-d.yaml',
    values: exampleOf(CHART, 'llm-d.yaml'),
    expect: (objects) => {
      const { name, args, ports, restartPolicy } = sidecarOf(objects);
      // What llm-d-modelservice v0.4.12 renders.
      equal([name, restartPolicy, ports[0].containerPort], ['routing-proxy', 'Always', 8000]);
      equal(args, [
        '--port=8000',
        '--vllm-port=8200',
        '--connector=nixlv2',
        '--zap-encoder=json',
        '--zap-log-level=debug',
        '--secure-proxy=false',
      ]);
      hasArgs(engineOf(objects, 'decode'), '--port=8200');
    },
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
