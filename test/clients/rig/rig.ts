import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { connect } from 'node:tls';
import { once } from 'node:events';
import type { Target } from '../check.js';
import type { Options } from '../options.js';
import type { EngineUrls } from './metrics.js';
import { freePort, Program } from './program.js';

const LOGS = fileURLToPath(new URL('../../../.cache/clients-logs/', import.meta.url));
const MODEL = 'tiny';
const ENDLESS = 20_000;
/** Fits into the context of the smallest models. */
const ENDLESS_FOR_REAL_ENGINES = 2000;
/** Long prompts are to be quick, and answers slow enough to be left in the middle. */
const SIMULATOR_FLAGS = [
  `--model=${MODEL}`,
  '--time-to-first-token=5ms',
  '--prefill-tokens-per-second=0',
  '--inter-token-latency=10ms',
];

/** All that the clients talk to: engines, and a sidecar for each way to reach them. */
export interface Rig {
  readonly target: Target;
  readonly engines: EngineUrls;
  /** Makes the decoder count what it has done: vLLM tells of a transfer with its next step only. */
  settle(): Promise<void>;
  /** Keeps what all programs logged. @returns the folder */
  keepLogs(): string;
  stop(): Promise<void>;
}

export async function startRig(options: Options): Promise<Rig> {
  const programs: Program[] = [];
  const folder = mkdtempSync(join(tmpdir(), 'tandem-clients-'));
  const stop = async (): Promise<void> => {
    await Promise.all(programs.map((program) => program.stop()));
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    const { engines, cutter } = options.engines
      ? { engines: options.engines, cutter: undefined }
      : await startSimulators(programs);
    const front = (decode: URL): Promise<Program> =>
      options.through === 'router'
        ? startRouter(programs, engines.prefill, decode)
        : startSidecar(programs, Number(decode.port), false);
    const [plain, tls, cut] = await Promise.all([
      front(engines.decode),
      options.through === 'sidecar'
        ? startSidecar(programs, Number(engines.decode.port), true)
        : undefined,
      cutter && front(new URL(`http://${cutter.hostPort}`)),
    ]);
    const caFile = join(folder, 'sidecar.pem');
    writeFileSync(caFile, tls ? await servedCertificate(tls.port) : '');
    const urls = { prefill: engines.prefill.origin, decode: engines.decode.origin };
    const target: Target = {
      url: `http://${plain.hostPort}`,
      tlsUrl: tls ? `https://localhost:${tls.port}` : '',
      caFile,
      cutUrl: cut ? `http://${cut.hostPort}` : '',
      prefiller: engines.prefill.host,
      deadPrefiller: `127.0.0.1:${await freePort()}`,
      model: options.model ?? (await firstModel(urls.decode)),
      endless: options.engines ? ENDLESS_FOR_REAL_ENGINES : ENDLESS,
    };
    const settle = async (): Promise<void> => {
      if (options.engines) await generateOneToken(urls.decode, target.model);
    };
    return { target, engines: urls, settle, keepLogs: () => keepLogs(programs), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function startSimulators(
  programs: Program[],
): Promise<{ engines: { prefill: URL; decode: URL }; cutter: Program }> {
  const start = async (...flags: string[]): Promise<Program> => {
    const program = await Program.start('simulator', ...SIMULATOR_FLAGS, ...flags);
    programs.push(program);
    await program.ready(async () => (await fetch(`http://${program.hostPort}/health`)).ok);
    return program;
  };
  const [prefill, decode, cutter] = await Promise.all([
    start('--role=prefill'),
    start('--role=decode'),
    start('--role=decode', '--cut-rate=1'),
  ]);
  const url = (program: Program): URL => new URL(`http://${program.hostPort}`);
  return { engines: { prefill: url(prefill), decode: url(decode) }, cutter };
}

async function startSidecar(
  programs: Program[],
  decodePort: number,
  isSecure: boolean,
): Promise<Program> {
  const program = await Program.start(
    'sidecar',
    '--bind-address=127.0.0.1',
    `--model-server-port=${decodePort}`,
    `--secure-proxy=${isSecure}`,
    '--metrics-port=0',
    '--retry-backoff=10ms',
  );
  programs.push(program);
  await program.ready(async () => {
    if (isSecure) return (await servedCertificate(program.port)) !== '';
    return (await fetch(`http://${program.hostPort}/health/ready`)).ok;
  });
  return program;
}

async function startRouter(programs: Program[], prefill: URL, decode: URL): Promise<Program> {
  const program = await Program.start(
    'router',
    '--prometheus-port=0',
    '--pd-disaggregation',
    `--prefill=${prefill.origin}`,
    `--decode=${decode.origin}`,
  );
  programs.push(program);
  await program.ready(async () => (await fetch(`http://${program.hostPort}/health`)).ok);
  return program;
}

/** @returns in PEM what an operator would hand to the clients to trust */
async function servedCertificate(port: number): Promise<string> {
  // Nothing is sent: the certificate is looked at before anybody trusts it.
  const socket = connect({ host: '127.0.0.1', port, rejectUnauthorized: false });
  await once(socket, 'secureConnect');
  const certificate = socket.getPeerX509Certificate();
  socket.destroy();
  return certificate?.toString() ?? '';
}

function keepLogs(programs: readonly Program[]): string {
  mkdirSync(LOGS, { recursive: true });
  for (const { name, port, log } of programs) writeFileSync(join(LOGS, `${name}-${port}.log`), log);
  return LOGS;
}

async function generateOneToken(url: string, model: string): Promise<void> {
  const response = await fetch(`${url}/v1/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ model, prompt: 'Hello', max_tokens: 1 }),
  });
  await response.arrayBuffer();
}

async function firstModel(url: string): Promise<string> {
  const response = await fetch(`${url}/v1/models`);
  const { data } = (await response.json()) as { data: { id: string }[] };
  const [first] = data;
  if (!first) throw new Error(`${url}/v1/models lists no model: give --model`);
  return first.id;
}
