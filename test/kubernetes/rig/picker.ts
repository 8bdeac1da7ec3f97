import { setTimeout as sleep } from 'node:timers/promises';
import { Objectives } from '../../../src/apps/picker/discovery/objectives.js';
import type { PickerDiscovery } from '../../../src/apps/picker/discovery/picker-discovery.js';
import type { SourceChoice } from '../../../src/apps/picker/discovery/source-choice.js';
import { watchKubernetes } from '../../../src/apps/picker/discovery/watch-kubernetes.js';
import { PickerEndpoints } from '../../../src/apps/picker/endpoints.js';
import { Fleet } from '../../../src/fleet/fleet.js';
import { KeptLogger } from '../../support/fake-apiserver-watch-harness.js';
import type { Stage } from '../scenario.js';

type Choice = Extract<SourceChoice, { from: 'pool' | 'selector' }>;

/** What a picker knows of its cluster, in this process. */
export class Picker {
  readonly logger: KeptLogger;
  readonly discovery: PickerDiscovery;
  private readonly endpoints: PickerEndpoints;

  private constructor(logger: KeptLogger, discovery: PickerDiscovery, endpoints: PickerEndpoints) {
    this.logger = logger;
    this.discovery = discovery;
    this.endpoints = endpoints;
  }

  /** @param choice left out: the pool that is called pool @returns before it knows anything */
  static async start(
    { namespace, after }: Stage,
    kubeconfig: string,
    choice: Choice = {
      from: 'pool',
      pool: { namespace, name: 'pool' },
      group: undefined,
      version: undefined,
    },
  ): Promise<Picker> {
    const fleet = new Fleet({ breaker: undefined, tls: () => ({}) });
    const endpoints = new PickerEndpoints(fleet);
    const logger = new KeptLogger();
    const objectives = new Objectives(new Map([['flag', 1]]));
    const discovery = await watchKubernetes({ choice, kubeconfig, fleet, logger, objectives });
    await discovery.start();
    after(() => discovery.stop());
    return new Picker(logger, discovery, endpoints);
  }

  /** @returns `name ip:port` of each endpoint */
  get names(): string {
    const names = this.endpoints.all.map(({ name, id }) => `${name} ${id}`);
    return names.sort().join(', ');
  }

  /**
   * @param change what is done in the cluster
   * @param holds what the picker is to know of it
   * @returns milliseconds from before the change until it knows
   */
  async effect(
    change: () => Promise<void> | void,
    holds: () => string | boolean,
    wanted: string | boolean = true,
  ): Promise<number> {
    const started = performance.now();
    await change();
    await this.until(holds, wanted);
    return performance.now() - started;
  }

  /** @throws Error when it is not so within 20 seconds */
  async until(
    holds: () => string | boolean,
    wanted: string | boolean = true,
    within = 20_000,
  ): Promise<void> {
    const deadline = performance.now() + within;
    while (holds() !== wanted) {
      if (performance.now() > deadline) {
        throw new Error(`it is ${holds()}, not ${wanted} (${this.discovery.waitsFor})`);
      }
      await sleep(1);
    }
  }

  /** @returns when it has exactly these endpoints, and all else is known */
  async has(...names: string[]): Promise<void> {
    await this.until(() => this.names, names.join(', '));
    await this.until(() => this.discovery.waitsFor === undefined);
  }
}
