import type { EngineBehaviour } from '../../support/fake-engine.js';
import type { Stage } from '../scenario.js';
import { Envoy } from './envoy.js';
import type { EnvoyPlan } from './envoy-config.js';
import { chat, startServers, type ModelServers } from './model-servers.js';
import { Picker, type PickerPlan } from './picker.js';

/** Envoy before a picker and model servers played by hand. */
export interface Stack {
  readonly envoy: Envoy;
  readonly picker: Picker;
  readonly servers: ModelServers;
}

/** What is not as in config/envoy/standalone.yaml with one server that chats. */
export interface StackPlan extends Partial<Omit<EnvoyPlan, 'picker' | 'servers' | 'subset'>> {
  readonly behaviours?: readonly EngineBehaviour[];
  readonly picks?: Omit<PickerPlan, 'endpoints'>;
  /** @param ports of the servers @returns the value of the subset hint */
  readonly subset?: (ports: readonly number[]) => unknown;
}

export async function startStack(stage: Stage, plan: StackPlan = {}): Promise<Stack> {
  const { behaviours = [chat], picks, subset, ...changes } = plan;
  const servers = await startServers(stage, behaviours);
  const endpoints = servers.ports.map((port) => ({ port }));
  const picker = await Picker.start(stage, { endpoints, ...picks });
  const envoy = await Envoy.start(stage, {
    file: 'envoy/standalone.yaml',
    ...changes,
    picker: picker.port,
    servers: servers.ports,
    ...(subset && { subset: subset(servers.ports) }),
  });
  return { envoy, picker, servers };
}
