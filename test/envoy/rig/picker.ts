import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { stringify } from 'yaml';
import { ExtProcClient } from '../../support/ext-proc-client.js';
import { SidecarProcess } from '../../support/sidecar-process.js';
import type { Stage } from '../scenario.js';
import { endWithProcess } from './with-process.js';

const CONFIG = fileURLToPath(new URL('../../../config/', import.meta.url));
const READY_MS = 20_000;
const POLL_MS = 50;
const SELF_SIGNED = { rejectUnauthorized: false };

/** An entry of the discovery file. */
export interface FileEndpoint {
  readonly port: number;
  /** Default 127.0.0.1. */
  readonly address?: string;
  readonly labels?: Readonly<Record<string, string>>;
}

/** How a picker is started. */
export interface PickerPlan {
  readonly endpoints: readonly FileEndpoint[];
  /** A file of config/ that finds endpoints in a file; else one of these plugins and profiles. */
  readonly file?: string;
  /** Beside the discovery. */
  readonly plugins?: readonly object[];
  readonly profiles?: readonly object[];
  readonly flags?: readonly string[];
  /** Default: that of a port which nobody used before. */
  readonly port?: number;
}

/** `bin/tandem picker` in a process of its own. */
export class Picker {
  private constructor(
    readonly process: SidecarProcess,
    readonly port: number,
    private readonly folder: string,
    private readonly isPlain: boolean,
  ) {}

  /** With endpoints from a file, and TLS as it is by default. @returns when it is healthy */
  static async start({ folder, after }: Stage, plan: PickerPlan): Promise<Picker> {
    const { endpoints, flags = [] } = plan;
    const found = join(folder, 'endpoints.yaml');
    writeEndpoints(found, endpoints);
    writeFileSync(join(folder, 'picker.yaml'), configOf(plan, found));
    const started = await SidecarProcess.start(({ data, metrics }) => [
      'picker',
      '--bind-address=127.0.0.1',
      `--grpc-port=${plan.port ?? data}`,
      '--grpc-health-port=0',
      `--metrics-port=${metrics}`,
      `--config-file=${join(folder, 'picker.yaml')}`,
      ...flags,
    ]);
    return Picker.serving({ folder, after }, started, plan.port ?? started.port, false);
  }

  /** With the command line of static hosts. @returns when it is healthy */
  static async startStatic(
    { folder, after }: Stage,
    hosts: readonly number[],
    flags: readonly string[],
  ): Promise<Picker> {
    const started = await SidecarProcess.start(({ data, metrics }) => [
      'picker',
      '--service-discovery=static',
      `--static-hosts=${hosts.map((port) => `localhost:${port}`).join(',')}`,
      '--log-level=info',
      '--host=127.0.0.1',
      `--port=${data}`,
      `--metrics-port=${metrics}`,
      ...flags,
    ]);
    return Picker.serving({ folder, after }, started, started.port, true);
  }

  /**
   * With any command line.
   *
   * @param args gets the ports and gives the command line
   * @param isPlain whether it serves without TLS
   * @returns when it is healthy
   */
  static async launch(
    stage: Pick<Stage, 'folder' | 'after'>,
    args: Parameters<typeof SidecarProcess.start>[0],
    isPlain: boolean,
    env: Readonly<Record<string, string>> = {},
  ): Promise<Picker> {
    const started = await SidecarProcess.start(args, env);
    return Picker.serving(stage, started, started.port, isPlain);
  }

  private static async serving(
    { folder, after }: Pick<Stage, 'folder' | 'after'>,
    started: SidecarProcess,
    port: number,
    isPlain: boolean,
  ): Promise<Picker> {
    const picker = new Picker(started, port, folder, isPlain);
    const forget = endWithProcess(() => started.signal('SIGKILL'));
    after(async () => {
      forget();
      await started.stop();
      writeFileSync(join(folder, `picker-${started.pid}.log`), started.stderr);
    });
    await picker.healthy();
    return picker;
  }

  /** @returns the sample of a series, summed over its labels; 0 where there is none */
  async metric(name: string): Promise<number> {
    const page = await (await fetch(`${this.process.opsUrl}/metrics`)).text();
    const samples = page.matchAll(new RegExp(`^${name}(?:\\{[^}]*\\})? (\\S+)$`, 'gm'));
    return [...samples].reduce((sum, [, value]) => sum + Number(value), 0);
  }

  /** @returns when a metric has this value; @throws Error when it never does */
  async untilMetric(name: string, value: number): Promise<void> {
    const deadline = performance.now() + READY_MS;
    for (;;) {
      const seen = await this.metric(name);
      if (seen === value) return;
      if (performance.now() > deadline) throw new Error(`${name} is ${seen}, not ${value}`);
      await sleep(POLL_MS);
    }
  }

  /** Puts other endpoints into the file, by an atomic rename. */
  rewriteEndpoints(endpoints: readonly FileEndpoint[]): void {
    const file = join(this.folder, 'endpoints.yaml');
    writeEndpoints(`${file}.next`, endpoints);
    renameSync(`${file}.next`, file);
  }

  private async healthy(): Promise<void> {
    const deadline = performance.now() + READY_MS;
    while ((await this.health().catch(() => 'unreachable')) !== 'SERVING') {
      const { exitCode, stderr } = this.process;
      if (exitCode !== undefined) throw new Error(`the picker ended with ${exitCode}: ${stderr}`);
      if (performance.now() > deadline) throw new Error(`the picker does not serve: ${stderr}`);
      await sleep(POLL_MS);
    }
  }

  private async health(): Promise<string | number> {
    const client = await ExtProcClient.connect(this.port, this.isPlain ? undefined : SELF_SIGNED);
    try {
      return await client.health('envoy.service.ext_proc.v3.ExternalProcessor');
    } finally {
      await client.close();
    }
  }
}

function configOf({ file, plugins = [], profiles }: PickerPlan, found: string): string {
  if (file !== undefined) {
    const text = readFileSync(`${CONFIG}${file}`, 'utf8');
    return text.replace('/etc/tandem/endpoints.yaml', found);
  }
  const discovery = { type: 'file-discovery', parameters: { path: found, watchFile: true } };
  return stringify({
    apiVersion: 'llm-d.ai/v1alpha1',
    kind: 'EndpointPickerConfig',
    plugins: [discovery, ...plugins],
    ...(profiles && { schedulingProfiles: profiles }),
    dataLayer: { discovery: { pluginRef: 'file-discovery' } },
  });
}

function writeEndpoints(file: string, endpoints: readonly FileEndpoint[]): void {
  const entries = endpoints.map(({ port, address = '127.0.0.1', labels }) => ({
    name: `server-${port}`,
    address,
    port: String(port),
    ...(labels && { labels }),
  }));
  writeFileSync(file, stringify({ endpoints: entries }));
}
