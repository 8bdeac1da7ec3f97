import { setTimeout as sleep } from 'node:timers/promises';
import { ExtProcClient } from '../../support/ext-proc-client.js';
import { playRequest, type PlayedDecision } from '../../support/ext-proc-exchange.js';
import { SidecarProcess } from '../../support/sidecar-process.js';
import type { Stage } from '../scenario.js';

const EFFECT_MS = 20_000;
const POLL_MS = 5;

/** `bin/tandem picker` in a process of its own, over the pool that is called pool; asked as a proxy asks. */
export class PickerProgram {
  private constructor(
    private readonly program: SidecarProcess,
    private readonly client: ExtProcClient,
  ) {}

  /** @returns when it is ready */
  static async start({ namespace, after }: Stage, kubeconfig: string): Promise<PickerProgram> {
    const program = await SidecarProcess.start(({ data, metrics }) => [
      'picker',
      '--pool-name=pool',
      `--pool-namespace=${namespace}`,
      `--kubeconfig=${kubeconfig}`,
      '--bind-address=127.0.0.1',
      '--secure-serving=false',
      `--grpc-port=${data}`,
      '--grpc-health-port=0',
      `--metrics-port=${metrics}`,
    ]);
    after(() => program.stop());
    await program.ready();
    const client = await ExtProcClient.connect(program.port);
    after(() => client.close());
    return new PickerProgram(program, client);
  }

  /** @param objective that the client names */
  async decide(model = 'm', objective?: string): Promise<PlayedDecision> {
    const headers =
      objective === undefined ? [] : [['x-llm-d-inference-objective', objective] as const];
    const body = { model, prompt: 'Hello' };
    const stream = this.client.stream();
    const decision = await playRequest(stream, { path: '/v1/completions', headers, body });
    stream.halfClose();
    return decision;
  }

  /**
   * @param change what is done in the cluster
   * @param holds what a decision is to be then
   * @returns milliseconds from before the change until a decision is so
   */
  async effect(
    change: () => Promise<void> | void,
    holds: (decision: PlayedDecision) => boolean,
  ): Promise<number> {
    const started = performance.now();
    await change();
    for (;;) {
      const decision = await this.decide();
      if (holds(decision)) return performance.now() - started;
      if (performance.now() > started + EFFECT_MS) {
        const { immediate, endpoint } = decision;
        throw new Error(`it decides ${endpoint ?? immediate?.body.toString()}`);
      }
      await sleep(POLL_MS);
    }
  }

  /** @returns requests of that priority, by its metrics */
  async requestsOf(priority: number): Promise<number> {
    const page = await (await fetch(`${this.program.opsUrl}/metrics`)).text();
    const line = new RegExp(`^llm_d_epp_request_total\\{.*priority="${priority}"\\} (\\d+)$`, 'gm');
    return [...page.matchAll(line)].reduce((sum, [, count]) => sum + Number(count), 0);
  }
}
