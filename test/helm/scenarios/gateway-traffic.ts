import { ask } from '../../envoy/rig/http-client.js';
import { MODEL } from '../../envoy/rig/programs.js';
import { mustBe } from '../../envoy/scenario.js';
import { envoys } from '../envoy/binaries.js';
import { tryAll } from '../envoy/traffic.js';
import { PlayedCluster, type PlayedPod } from '../gateway/played-cluster.js';
import { Release, startGateway } from '../gateway/release.js';
import { ROUTE, valuesOf } from '../gateway/values.js';
import { runTestPod } from '../rig/test-pod.js';
import { must, type Scenario } from '../scenario.js';

const BODY = { model: MODEL, messages: [{ role: 'user', content: 'Hello!' }], max_tokens: 2 };
const REQUESTS = 400;

/** What tandem-gateway renders, behind an Envoy that plays the gateway. */
export const GATEWAY_TRAFFIC: readonly Scenario[] = [
  ...['default', 'prefix-aware'].map((plugins): Scenario => ({
    name: `gateway: traffic through the preset ${plugins}`,
    run: async (stage) => {
      for (const envoy of envoys()) {
        const cluster = await PlayedCluster.start(stage, envoy);
        const labels = { app: 'm' };
        const pods = [await cluster.pod(labels), await cluster.pod(labels)];
        const prefiller = await cluster.pod({ ...labels, 'llm-d.ai/role': 'prefill' });
        const others = { picker: { plugins }, test: { url: 'http://gateway', model: MODEL } };
        const values = valuesOf(cluster, labels, others);
        const release = await Release.install(stage, cluster, envoy, { name: 'm', values, pods });
        const gateway = await startGateway(stage, envoy, [release], cluster.port);
        await tryAll(gateway);
        runTestPod(release.objects, 'test-picker', release.pickers[0]!.process.opsUrl);
        runTestPod(release.objects, 'test-gateway', gateway.url);
        for (let at = 0; at < 20; at++) await askOk(gateway.url);
        mustBe(await finished([prefiller]), 0, 'requests to one that prefills');
      }
    },
  })),
  {
    name: 'gateway: prefill apart from decode, with the sidecars of tandem-sidecar',
    run: async (stage) => {
      const [envoy] = envoys();
      const cluster = await PlayedCluster.start(stage, envoy!);
      const sidecars = stage.helm.objects({
        chart: 'tandem-sidecar',
        values: {
          sidecar: { config: { 'enable-ssrf-protection': true } },
          inferencePool: { name: 'm' },
        },
      });
      const values = valuesOf(cluster, { app: 'm' }, { picker: { plugins: 'prefill-decode' } });
      const labels = (role: string) => ({ app: 'm', 'llm-d.ai/role': role });
      const prefill = [await cluster.pod(labels('prefill')), await cluster.pod(labels('prefill'))];
      await cluster.apply(stage.helm.objects({ chart: 'tandem-gateway', release: 'm', values }));
      const decode = [
        await cluster.podWithSidecar(sidecars, labels('decode')),
        await cluster.podWithSidecar(sidecars, labels('decode')),
      ];
      const pods = [...prefill, ...decode];
      const release = await Release.install(stage, cluster, envoy!, { name: 'm', values, pods });
      const gateway = await startGateway(stage, envoy!, [release], cluster.port);
      await tryAll(gateway);
      const [prefilled, decoded] = [await finished(prefill), await finished(decode)];
      must(prefilled > 0 && prefilled === decoded, `${prefilled} prefilled, ${decoded} decoded`);
      return { prefilled: String(prefilled), decoded: String(decoded) };
    },
  },
  {
    name: 'gateway: objectives and model rewrites as they are rendered',
    run: async (stage) => {
      const [envoy] = envoys();
      const cluster = await PlayedCluster.start(stage, envoy!);
      const labels = { app: 'm' };
      const rule = { matches: [{ model: { value: 'alias' } }], targets: [{ modelRewrite: MODEL }] };
      const values = valuesOf(cluster, labels, {
        inferenceObjectives: [{ name: 'chat', priority: 7 }],
        inferenceModelRewrites: [{ name: 'alias', rules: [rule] }],
      });
      const pods = [await cluster.pod(labels)];
      const release = await Release.install(stage, cluster, envoy!, { name: 'm', values, pods });
      const { url } = await startGateway(stage, envoy!, [release], cluster.port);
      const headers = { 'x-llm-d-inference-objective': 'chat' };
      const { status, text } = await ask(url, { headers, body: { ...BODY, model: 'alias' } });
      mustBe([status, (JSON.parse(text) as { model: string }).model], [200, 'alias'], 'the answer');
      const page = await fetch(`${release.pickers[0]!.process.opsUrl}/metrics`);
      must(/^llm_d_epp_request_total\{.*priority="7"/m.test(await page.text()), 'priority is lost');
    },
  },
  {
    name: 'gateway: a canary gets its share, and no request goes to the wrong pool',
    run: async (stage) => {
      const [envoy] = envoys();
      const cluster = await PlayedCluster.start(stage, envoy!);
      const figures: Record<string, string> = {};
      const stable = [await cluster.pod({ app: 'm' })];
      const canary = [await cluster.pod({ app: 'canary' })];
      const second = await Release.install(stage, cluster, envoy!, {
        name: 'canary',
        values: { modelServers: { matchLabels: { app: 'canary' }, targetPorts: [cluster.port] } },
        pods: canary,
      });
      for (const [weight, other] of [
        [75, 25],
        [1, 0],
        [0, 1],
      ] as const) {
        const otherPools = [{ name: 'canary', weight: other }];
        const httpRoute = { ...ROUTE, weight, otherPools };
        const first = await Release.install(stage, cluster, envoy!, {
          name: 'm',
          values: valuesOf(cluster, { app: 'm' }, { httpRoute }),
          pods: stable,
        });
        const gateway = await startGateway(stage, envoy!, [first, second], cluster.port);
        const before = await finished(canary);
        const pickedBefore = await picked(second);
        for (let at = 0; at < REQUESTS; at++) await askOk(gateway.url);
        const served = (await finished(canary)) - before;
        const share = served / REQUESTS;
        mustBe((await picked(second)) - pickedBefore, served, 'requests that it picked');
        const wanted = other / (weight + other);
        const deviation = Math.sqrt((wanted * (1 - wanted)) / REQUESTS);
        must(Math.abs(share - wanted) <= 5 * deviation, `the canary got ${share}, not ${wanted}`);
        figures[`${weight}:${other}`] = `${share * 100} %`;
      }
      return figures;
    },
  },
];

async function askOk(url: string): Promise<void> {
  const { status, text } = await ask(url, { body: BODY });
  mustBe(status, 200, `status (${text})`);
}

/** @returns requests that their engines have finished */
async function finished(pods: readonly PlayedPod[]): Promise<number> {
  let sum = 0;
  for (const { engineUrl } of pods) {
    const page = await (await fetch(`${engineUrl}/metrics`)).text();
    const samples = page.matchAll(/^vllm:request_success_total\{[^}]*\} (\S+)$/gm);
    sum += [...samples].reduce((total, [, value]) => total + Number(value), 0);
  }
  return sum;
}

/** @returns requests that the pickers of a release were asked about */
async function picked({ pickers }: Release): Promise<number> {
  const counts = await Promise.all(
    pickers.map((picker) => picker.metric('llm_d_epp_request_total')),
  );
  return counts.reduce((sum, count) => sum + count, 0);
}
