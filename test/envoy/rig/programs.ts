import { SidecarProcess } from '../../support/sidecar-process.js';
import { must, type Stage } from '../scenario.js';
import { endWithProcess } from './with-process.js';

/** What simulators serve. */
export const MODEL = 'tiny';
const FAST = [
  '--time-to-first-token=1ms',
  '--prefill-tokens-per-second=0',
  '--inter-token-latency=1ms',
  '--log-level=info',
];

/** What a simulator may have otherwise. */
export interface SimulatorPlan {
  /** An address of the loopback; default 127.0.0.1. */
  readonly host?: string;
  /** Default: one that nobody listens on. */
  readonly port?: number;
  readonly flags?: readonly string[];
}

/** @returns a simulated vLLM, when it serves */
export async function startSimulator(
  stage: Stage,
  role: string,
  { host = '127.0.0.1', port, flags = [] }: SimulatorPlan = {},
): Promise<SidecarProcess> {
  return started(
    stage,
    host,
    '/health',
    ({ data }) => [
      ...['simulator', `--host=${host}`, `--port=${port ?? data}`, `--role=${role}`],
      ...[`--model=${MODEL}`, ...FAST, ...flags],
    ],
    port,
  );
}

/** @param decoder port of the model server behind it @returns when it serves */
export async function startSidecar(stage: Stage, decoder: number): Promise<SidecarProcess> {
  return started(stage, '127.0.0.1', '/health/ready', ({ data }) => [
    ...['sidecar', `--port=${data}`, '--bind-address=127.0.0.1', '--secure-proxy=false'],
    ...[`--model-server-port=${decoder}`, '--metrics-port=0'],
  ]);
}

async function started(
  { after }: Stage,
  host: string,
  healthPath: string,
  args: Parameters<typeof SidecarProcess.start>[0],
  port?: number,
): Promise<SidecarProcess> {
  const program = await SidecarProcess.start(args);
  const forget = endWithProcess(() => program.signal('SIGKILL'));
  after(async () => {
    forget();
    await program.stop();
  });
  const deadline = performance.now() + 20_000;
  const isReady = (): Promise<boolean> =>
    fetch(`http://${host}:${port ?? program.port}${healthPath}`).then(
      ({ ok }) => ok,
      () => false,
    );
  while (!(await isReady())) {
    must(performance.now() < deadline, `a program does not serve: ${program.stderr}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return program;
}

/** Requests that an engine has finished. */
export async function finishedRequests(engine: SidecarProcess): Promise<number> {
  const page = await (await fetch(`${engine.url}/metrics`)).text();
  const samples = page.matchAll(/^vllm:request_success_total\{[^}]*\} (\S+)$/gm);
  return [...samples].reduce((sum, [, value]) => sum + Number(value), 0);
}
