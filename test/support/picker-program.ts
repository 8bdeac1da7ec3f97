import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { ExtProcClient, type ExtProcStream } from './ext-proc-client.js';
import { playRequest, type PlayedDecision, type PlayedRequest } from './ext-proc-exchange.js';
import type { ListedEndpoint } from './picker-fixture.js';
import { SidecarProcess } from './sidecar-process.js';

/** Where a request goes; its stream stays open. */
export interface ProgramDecision extends PlayedDecision {
  readonly stream: ExtProcStream;
}

/** Why a decision was taken, of one profile: as `--explain` has it. */
export interface ExplainedProfile {
  readonly candidates: readonly string[];
  readonly filters: readonly { readonly plugin: string; readonly dropped: readonly string[] }[];
  readonly scores: Readonly<Record<string, Readonly<Record<string, number>>>>;
}

export interface ExplainedDecision {
  readonly requestId: string;
  readonly model: string;
  readonly picked: readonly string[];
  readonly served: string | null;
  readonly profiles: Readonly<Record<string, ExplainedProfile>>;
}

export interface ProgramSetup {
  readonly endpoints: readonly ListedEndpoint[];
  /** Each an item of the list, in YAML. */
  readonly plugins?: string;
  /** Of the document, behind its plugins. */
  readonly config?: string;
  readonly flags?: readonly string[];
  /** Servers are asked for their metrics. */
  readonly metrics?: boolean;
}

/** The picker as it is deployed, a process of its own, which a test plays Envoy for; needs the build. */
export class PickerProgram {
  private constructor(
    readonly process: SidecarProcess,
    readonly client: ExtProcClient,
    private readonly folder: string,
  ) {}

  /** With seed 003's command line. @param flags beside those that say where it listens */
  static async seed(flags: readonly string[], folder = newFolder()): Promise<PickerProgram> {
    return PickerProgram.launch(folder, ({ data, metrics }) => [
      ...[`--port=${data}`, `--metrics-port=${metrics}`, ...flags],
    ]);
  }

  /** With a configuration and a file of endpoints, which is followed. */
  static async configured(setup: ProgramSetup): Promise<PickerProgram> {
    const folder = newFolder();
    writeEndpoints(folder, setup.endpoints);
    return PickerProgram.launch(folder, ({ data, metrics }) => [
      ...[`--grpc-port=${data}`, `--metrics-port=${metrics}`, '--grpc-health-port=0'],
      ...['--secure-serving=false', `--config-text=${configuration(setup, folder)}`],
      ...(setup.flags ?? []),
    ]);
  }

  private static async launch(
    folder: string,
    flags: (ports: { data: number; metrics: number }) => readonly string[],
  ): Promise<PickerProgram> {
    const process = await SidecarProcess.start((ports) => [
      ...['picker', '--bind-address=127.0.0.1', ...flags(ports)],
    ]);
    try {
      await process.ready();
      const client = await ExtProcClient.connect(process.port);
      while ((await client.health()) !== 'SERVING') await setTimeout(20);
      return new PickerProgram(process, client, folder);
    } catch (error) {
      await process.stop();
      rmSync(folder, { recursive: true, force: true });
      throw error;
    }
  }

  /** Plays the request side of one request; without a body it is a GET. */
  async ask(request: PlayedRequest = {}): Promise<ProgramDecision> {
    const stream = this.client.stream();
    return { ...(await playRequest(stream, request)), stream };
  }

  /** @returns where a chat of this text goes */
  async chat(content: string, more: PlayedRequest = {}): Promise<ProgramDecision> {
    return this.ask({ body: { model: 'm', messages: [{ role: 'user', content }] }, ...more });
  }

  /** Other endpoints, by a file that takes the place of the one before. */
  list(endpoints: readonly ListedEndpoint[]): void {
    writeEndpoints(this.folder, endpoints);
  }

  /** @returns the page of `/metrics` */
  async page(): Promise<string> {
    return (await fetch(`${this.process.opsUrl}/metrics`)).text();
  }

  /** @returns the sum of the series of that name that have all of these labels */
  async metric(name: string, ...labels: readonly string[]): Promise<number> {
    const lines = (await this.page())
      .split('\n')
      .filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `))
      .filter((line) => labels.every((label) => line.includes(label)));
    return lines.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0);
  }

  /** @returns the newest decision with its reasons: needs `--explain` */
  async explained(): Promise<ExplainedDecision> {
    const response = await fetch(`${this.process.opsUrl}/debug/decisions`);
    return ((await response.json()) as { decisions: ExplainedDecision[] }).decisions[0]!;
  }

  async stop(): Promise<void> {
    await this.client.close();
    await this.process.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Asks again and again until what it is told holds. @returns what was told */
export async function eventually<T>(
  ask: () => Promise<T>,
  holds: (told: T) => boolean,
  within = 20_000,
): Promise<T> {
  const deadline = performance.now() + within;
  for (;;) {
    const told = await ask();
    if (holds(told)) return told;
    if (performance.now() > deadline) {
      throw new Error(`not within ${within} ms, it is ${JSON.stringify(told)}`);
    }
    await setTimeout(20);
  }
}

function configuration(setup: ProgramSetup, folder: string): string {
  const path = JSON.stringify(join(folder, 'endpoints.json'));
  return `
apiVersion: llm-d.ai/v1alpha1
kind: EndpointPickerConfig
plugins:
- {type: file-discovery, parameters: {path: ${path}, watchFile: true}}
${setup.plugins ?? ''}
dataLayer: {injectDefaults: ${setup.metrics ?? false}, discovery: {pluginRef: file-discovery}}
${setup.config ?? ''}
`;
}

function writeEndpoints(folder: string, endpoints: readonly ListedEndpoint[]): void {
  const listed = endpoints.map(({ name, endpoint, labels = {} }) => {
    const [address, port] = endpoint.split(':');
    return { name, address, port, labels };
  });
  writeFileSync(join(folder, 'next'), JSON.stringify({ endpoints: listed }));
  renameSync(join(folder, 'next'), join(folder, 'endpoints.json'));
}

function newFolder(): string {
  return mkdtempSync(join(tmpdir(), 'tandem-picker-'));
}
