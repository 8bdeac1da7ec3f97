import { setTimeout as sleep } from 'node:timers/promises';
import type { Envoy } from '../../envoy/rig/envoy.js';
import { ask } from '../../envoy/rig/http-client.js';
import type { Picker } from '../../envoy/rig/picker.js';
import { MODEL } from '../../envoy/rig/programs.js';
import { mustBe, type EnvoyBinary } from '../../envoy/scenario.js';
import { envoys } from '../envoy/binaries.js';
import { renderedContainer } from '../envoy/rendered.js';
import { tryStream } from '../envoy/traffic.js';
import { PlayedCluster } from '../gateway/played-cluster.js';
import { Release, startGateway } from '../gateway/release.js';
import { valuesOf } from '../gateway/values.js';
import { must, type Scenario, type Stage } from '../scenario.js';

const STREAMS = 20;
/** At 20 ms each: longer than a picker that ends serves new requests. */
const TOKENS = 600;
const CLIENTS = 4;
const BODY = { model: MODEL, prompt: 'Hello', max_tokens: 1 };

/** What kubelet and the gateway do when a picker is replaced, by what is rendered. */
export const GATEWAY_DRAIN: readonly Scenario[] = [
  {
    name: 'gateway: a picker is replaced under load, and no request fails',
    run: async (stage) => {
      const figures: Record<string, string> = {};
      for (const envoy of envoys()) figures[envoy.version] = await replace(stage, envoy);
      return figures;
    },
  },
];

async function replace(stage: Stage, envoy: EnvoyBinary): Promise<string> {
  const cluster = await PlayedCluster.start(stage, envoy);
  const pods = [await cluster.pod({ app: 'm' }, ['--inter-token-latency=20ms'])];
  const picker = { drain: { minSeconds: 2, maxSeconds: 120 } };
  const values = valuesOf(cluster, { app: 'm' }, { picker });
  const release = await Release.install(stage, cluster, envoy, { name: 'm', values, pods });
  const gateway = await startGateway(stage, envoy, [release], cluster.port);
  const [old] = release.pickers;
  const streams = Array.from({ length: STREAMS }, () => tryStream(gateway, MODEL, TOKENS));
  const whole = Promise.all(streams);
  await old!.untilMetric('llm_d_epp_request_running', STREAMS);
  const load = new Load(gateway);
  // maxSurge 1, maxUnavailable 0: the new one is ready first.
  const young = await release.addPicker();
  await endAsKubelet(release, old!);
  await whole;
  const statuses = await load.end();
  mustBe([...new Set(statuses)], [200], 'statuses meanwhile');
  must((await young.metric('llm_d_epp_request_total')) > 0, 'nobody asked the new one');
  return `${statuses.length} requests, ${STREAMS} streams`;
}

/** The pod is deleted: the gateway learns of it after a while, SIGTERM follows the hook; it has to end in time. */
async function endAsKubelet(release: Release, picker: Picker): Promise<void> {
  const { spec, pod } = renderedContainer(release.objects, 'picker');
  const seconds: number = spec.lifecycle.preStop.sleep.seconds;
  const grace: number = pod.spec.terminationGracePeriodSeconds;
  await sleep(seconds * 500);
  release.forget(picker);
  await sleep(seconds * 500);
  picker.process.signal('SIGTERM');
  mustBe(await picker.process.exited((grace - seconds) * 1000), 0, 'exit code of the picker');
}

/** Clients that send one request after the other. */
class Load {
  private isOver = false;
  private readonly statuses: number[] = [];
  private readonly clients: Promise<void>;

  constructor(gateway: Envoy) {
    const client = async (): Promise<void> => {
      while (!this.isOver) {
        const { status } = await ask(gateway.url, { path: '/v1/completions', body: BODY });
        this.statuses.push(status);
      }
    };
    this.clients = Promise.all(Array.from({ length: CLIENTS }, client)).then(() => undefined);
  }

  /** @returns the statuses of all answers */
  async end(): Promise<readonly number[]> {
    this.isOver = true;
    await this.clients;
    return this.statuses;
  }
}
