import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { envoyConfig } from '../../../scripts/envoy/config.mjs';
import { freePorts } from '../peers/free-ports.js';
import { monotonicMs, pause } from '../wire/clock.js';

type Node = ReturnType<typeof envoyConfig>;

const VERSION = '1.40.0';
const INSTALL = fileURLToPath(new URL('../../../scripts/envoy/install.mjs', import.meta.url));
const READY_WITHIN_MS = 30_000;

/** A real Envoy, with one worker, as config/envoy/standalone.yaml has it. */
export class EnvoyProcess {
  readonly port: number;
  private readonly child: ChildProcess;
  private readonly folder: string;

  private constructor(port: number, child: ChildProcess, folder: string) {
    this.port = port;
    this.child = child;
    this.folder = folder;
  }

  /**
   * @param picker its port, in plain text; undefined: Envoy asks nobody
   * @param server the port that gets all requests then
   */
  static async start(picker: number | undefined, server: number): Promise<EnvoyProcess> {
    const [data = 0, admin = 0, operations = 0] = await freePorts(3);
    const folder = mkdtempSync(join(tmpdir(), 'tandem-bench-envoy-'));
    const config = configOf(picker, server, { data, admin, operations });
    writeFileSync(join(folder, 'envoy.json'), JSON.stringify(config));
    const flags = ['--use-dynamic-base-id', '--concurrency', '1', '--log-level', 'error'];
    const binary = process.env['ENVOY'] ?? installed();
    const child = spawn(binary, ['-c', join(folder, 'envoy.json'), ...flags], { stdio: 'ignore' });
    const kill = (): void => void child.kill('SIGKILL');
    process.once('exit', kill);
    child.once('exit', () => process.off('exit', kill));
    const started = new EnvoyProcess(data, child, folder);
    for (const late = monotonicMs() + READY_WITHIN_MS; !(await isLive(admin)); await pause(20))
      if (monotonicMs() > late || child.exitCode !== null) {
        await started.stop();
        throw new Error('Envoy does not serve');
      }
    return started;
  }

  async stop(): Promise<void> {
    const { child } = this;
    if (child.exitCode === null && child.signalCode === null) {
      const gone = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGKILL');
      await gone;
    }
    rmSync(this.folder, { recursive: true, force: true });
  }
}

function configOf(
  picker: number | undefined,
  server: number,
  ports: { data: number; admin: number; operations: number },
): Node {
  const pickers = [picker ?? 1];
  const config = envoyConfig('envoy/standalone.yaml', { ports, pickers, version: VERSION });
  const { listeners, clusters } = config['static_resources'] as Record<string, Node[]>;
  const asked = clusters!.find(({ name }) => name === 'picker')!;
  delete asked['transport_socket'];
  delete asked['health_checks'];
  if (picker !== undefined) return config;
  const manager = listeners![0]!['filter_chains'][0].filters[0].typed_config as Node;
  manager['http_filters'] = (manager['http_filters'] as Node[]).filter(
    ({ name }) => name !== 'envoy.filters.http.ext_proc',
  );
  const at = clusters!.findIndex(({ name }) => name === 'model-servers');
  clusters![at] = {
    ...{ name: 'model-servers', type: 'STATIC', connect_timeout: '5s' },
    load_assignment: { cluster_name: 'model-servers', endpoints: [endpoint(server)] },
  };
  return config;
}

function endpoint(port: number): Node {
  const address = { socket_address: { address: '127.0.0.1', port_value: port } };
  return { lb_endpoints: [{ endpoint: { address } }] };
}

/** @returns the path of the binary; prints nothing */
function installed(): string {
  return execFileSync(process.execPath, [INSTALL, VERSION], { encoding: 'utf8' }).trim();
}

async function isLive(admin: number): Promise<boolean> {
  const answer = await fetch(`http://127.0.0.1:${admin}/ready`).catch(() => undefined);
  return (await answer?.text()) === 'LIVE\n';
}
