import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { installEnvoy } from '../../scripts/envoy/install.mjs';
import { Envoy } from '../envoy/rig/envoy.js';
import { Picker } from '../envoy/rig/picker.js';

/** Envoy and a picker before a sidecar and a prefiller. */
export interface PickerFront {
  readonly url: URL;
  stop(): Promise<void>;
}

/**
 * Starts both with the ready files config/envoy/standalone.yaml and config/picker.pd.yaml.
 *
 * @param sidecar port of the sidecar beside the decoder @param prefill port of the prefiller, on this machine
 * @throws Error where Envoy cannot be installed
 */
export async function startPickerFront(sidecar: number, prefill: number): Promise<PickerFront> {
  const path = process.env['ENVOY'] ?? installEnvoy();
  const told = execFileSync(path, ['--version'], { encoding: 'utf8' });
  const version = /\/(\d+\.\d+\.\d+)/.exec(told)![1]!;
  const folder = mkdtempSync(join(tmpdir(), 'tandem-vllm-'));
  const endings: (() => unknown)[] = [() => rmSync(folder, { recursive: true, force: true })];
  const stop = async (): Promise<void> => {
    while (endings.length > 0) await endings.pop()!();
  };
  const after = (end: () => unknown): void => void endings.push(end);
  const stage = { envoy: { path, version }, folder, after };
  try {
    const role = (name: string): Record<string, string> => ({ 'llm-d.ai/role': name });
    const picker = await Picker.start(stage, {
      file: 'picker.pd.yaml',
      endpoints: [
        { port: sidecar, labels: role('decode') },
        { port: prefill, labels: role('prefill') },
      ],
    });
    const envoy = await Envoy.start(stage, { file: 'envoy/standalone.yaml', picker: picker.port });
    return { url: new URL(envoy.url), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
