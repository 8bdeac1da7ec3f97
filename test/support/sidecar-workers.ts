import { request } from 'node:http';
import { FakeEngine, json, KV_PARAMS } from './fake-engine.js';
import { until } from './raw-client.js';
import { SidecarProcess } from './sidecar-process.js';

/** A sidecar of two workers in processes of their own, with a prefiller and a decoder played by hand. */
export class SidecarWorkers {
  private constructor(
    readonly program: SidecarProcess,
    readonly prefiller: FakeEngine,
    readonly decoder: FakeEngine,
  ) {}

  /**
   * @param flags beside those that name ports of the loopback
   * @param command another program than the built one
   */
  static async start(
    flags: readonly string[] = [],
    env: Readonly<Record<string, string>> = {},
    command?: readonly [string, ...string[]],
  ): Promise<SidecarWorkers> {
    const prefiller = await FakeEngine.start(json({ kv_transfer_params: KV_PARAMS }));
    const decoder = await FakeEngine.start(json({ ok: true }));
    const program = await SidecarProcess.start(
      ({ data, metrics }) => [
        'sidecar',
        '--workers=2',
        '--bind-address=127.0.0.1',
        '--secure-proxy=false',
        '--prefill-max-retries=0',
        `--port=${data}`,
        `--metrics-port=${metrics}`,
        `--model-server-port=${decoder.port}`,
        ...flags,
      ],
      env,
      command,
    );
    return new SidecarWorkers(program, prefiller, decoder);
  }

  async ready(): Promise<this> {
    await this.program.ready();
    return this;
  }

  /** Sends a request that is to be prefilled, on a connection of its own: the workers take turns. @returns its status */
  ask(target = this.prefiller.hostPort, host = '127.0.0.1'): Promise<number> {
    return new Promise((resolve, reject) => {
      const headers = { 'content-type': 'application/json', 'x-prefiller-host-port': target };
      const { port } = this.program;
      const options = {
        host,
        port,
        method: 'POST',
        path: '/v1/completions',
        agent: false,
        headers,
      };
      const sent = request(options, (answer) => {
        answer.resume().once('close', () => resolve(answer.statusCode!));
      });
      sent.once('error', reject);
      sent.end('{}');
    });
  }

  /** Access lines so far. */
  get requests(): Record<string, unknown>[] {
    return this.program.lines.filter(({ msg }) => msg === 'request');
  }

  /** @returns the lines with this message, once there are so many */
  async logged(msg: string, times = 1): Promise<Record<string, unknown>[]> {
    const found = (): Record<string, unknown>[] =>
      this.program.lines.filter((line) => line['msg'] === msg);
    await until(() => found().length >= times);
    return found();
  }

  /** Ends a worker as the kernel does it when memory is short; returns when that was noticed. */
  async kill(worker: number): Promise<void> {
    const ofWorker = (msg: string): Record<string, unknown>[] =>
      this.program.lines.filter((line) => line['msg'] === msg && line['worker'] === worker);
    const before = ofWorker('a worker ended').length;
    process.kill(ofWorker('worker serves').at(-1)!['pid'] as number, 'SIGKILL');
    await until(() => ofWorker('a worker ended').length > before);
  }

  async stop(): Promise<void> {
    await this.program.stop();
    await this.prefiller.stop();
    await this.decoder.stop();
  }
}
