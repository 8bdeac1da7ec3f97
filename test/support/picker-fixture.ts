import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { pickerSettings } from '../../src/apps/picker/picker.settings.js';
import type { RunningPicker } from '../../src/apps/picker/running-picker.js';
import { startPicker } from '../../src/apps/picker/start-picker.js';
import { loadSettings } from '../../src/config/load-settings.js';
import { ExtProcClient, type ExtProcStream } from './ext-proc-client.js';
import { playRequest, type PlayedDecision, type PlayedRequest } from './ext-proc-exchange.js';
import { RecordingLogger } from './sidecar-fixture.js';

/** An entry of a discovery file; its address and port are `endpoint`. */
export interface ListedEndpoint {
  readonly name: string;
  readonly endpoint: string;
  readonly labels?: Readonly<Record<string, string>>;
}

/** Where requests go that a test plays; the streams stay open until they are ended. */
export interface OpenDecision extends PlayedDecision {
  /** As when the request is over. */
  end(): void;
}

/** A picker in this process, which a test plays Envoy for. */
export class PickerFixture {
  private readonly streams: ExtProcStream[] = [];

  private constructor(
    readonly picker: RunningPicker,
    readonly client: ExtProcClient,
    readonly log: RecordingLogger,
    private readonly folder: string,
  ) {}

  /** @param argv as on the command line; ports are free ones, without TLS */
  static async start(argv: readonly string[], folder = newFolder()): Promise<PickerFixture> {
    const log = new RecordingLogger();
    const loaded = loadSettings(pickerSettings, {
      argv: ['--bind-address=127.0.0.1', '--tracing=false', ...argv],
      env: {},
    });
    const picker = await startPicker(loaded.config, log, { given: loaded.given, env: {} });
    const client = await ExtProcClient.connect(picker.port, undefined, '127.0.0.1');
    while ((await client.health()) !== 'SERVING') await setTimeout(20);
    return new PickerFixture(picker, client, log, folder);
  }

  /** @param config behind apiVersion and kind, without its plugins @param plugins each an item of the list */
  static async withFile(
    endpoints: readonly ListedEndpoint[],
    config: string,
    plugins: string,
  ): Promise<PickerFixture> {
    const folder = newFolder();
    const path = join(folder, 'endpoints.json');
    const listed = endpoints.map(({ name, endpoint, labels = {} }) => {
      const [address, port] = endpoint.split(':');
      return { name, address, port, labels };
    });
    writeFileSync(path, JSON.stringify({ endpoints: listed }));
    const text = `
apiVersion: llm-d.ai/v1alpha1
kind: EndpointPickerConfig
plugins:
- {type: file-discovery, parameters: {path: ${JSON.stringify(path)}}}
${plugins}
${config}
dataLayer: {injectDefaults: false, discovery: {pluginRef: file-discovery}}
`;
    const argv = [
      '--grpc-port=0',
      '--grpc-health-port=0',
      '--metrics-port=0',
      '--secure-serving=false',
    ];
    return PickerFixture.start([...argv, `--config-text=${text}`], folder);
  }

  /** Plays the request side of one request. */
  async send(request: PlayedRequest = {}): Promise<OpenDecision> {
    const stream = this.client.stream();
    this.streams.push(stream);
    const decision = await playRequest(stream, request);
    return { ...decision, end: () => stream.halfClose() };
  }

  /** @returns where a chat of this text goes */
  async chat(content: string, more: PlayedRequest = {}): Promise<OpenDecision> {
    const body = { model: 'm', messages: [{ role: 'user', content }] };
    return this.send({ body, ...more });
  }

  async stop(): Promise<void> {
    for (const stream of this.streams) stream.halfClose();
    await this.client.close();
    await this.picker.close();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

function newFolder(): string {
  return mkdtempSync(join(tmpdir(), 'tandem-picker-'));
}
