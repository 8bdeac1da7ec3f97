import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ConnectionOptions } from 'node:tls';
import { ExtProcClient } from './ext-proc-client.js';
import { freePort } from './free-port.js';
import { SidecarProcess } from './sidecar-process.js';

/** Pickers as they are deployed, processes of their own, over a file of endpoints in a folder; needs the build. */
export class PickerLaunch {
  readonly folder = mkdtempSync(join(tmpdir(), 'tandem-picker-'));
  /** `file-discovery` reads it. */
  readonly endpoints = join(this.folder, 'endpoints.yaml');
  /** Of the last one. */
  healthPort = 0;
  private readonly opened: { stop(): Promise<unknown> }[] = [];

  constructor() {
    writeFileSync(this.endpoints, 'endpoints: [{name: a, address: 10.9.0.1, port: 8000}]');
  }

  /** @returns a configuration over the file @param plugins each an item of the list @param rest of the document */
  config(plugins = '', rest = ''): string {
    return `
apiVersion: llm-d.ai/v1alpha1
kind: EndpointPickerConfig
plugins:
- {type: file-discovery, parameters: {path: ${JSON.stringify(this.endpoints)}, watchFile: true}}
${plugins}
dataLayer: {injectDefaults: false, discovery: {pluginRef: file-discovery}}
${rest}
`;
  }

  /** Starts one on free ports of the loopback, all of them on. @param flags what else it is told */
  async start(
    flags: readonly string[],
    env: Readonly<Record<string, string>> = {},
  ): Promise<SidecarProcess> {
    this.healthPort = await freePort();
    const picker = await SidecarProcess.start(
      ({ data, metrics }) => [
        ...['picker', '--bind-address=127.0.0.1', `--grpc-port=${data}`],
        ...[`--grpc-health-port=${this.healthPort}`, `--metrics-port=${metrics}`],
        ...flags,
      ],
      env,
    );
    this.opened.push(picker);
    return picker;
  }

  /** @returns a client that is closed in the end */
  async connect(port: number, tls?: ConnectionOptions): Promise<ExtProcClient> {
    const client = await ExtProcClient.connect(port, tls);
    this.opened.push({ stop: () => client.close() });
    return client;
  }

  /** Starts one in plaintext, and waits for it. */
  async serve(flags: readonly string[] = []): Promise<[SidecarProcess, ExtProcClient]> {
    const picker = await this.start([
      ...[`--config-text=${this.config()}`, '--secure-serving=false'],
      ...flags,
    ]);
    await picker.ready();
    return [picker, await this.connect(picker.port)];
  }

  async stop(): Promise<void> {
    for (const one of this.opened.splice(0).reverse()) await one.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
