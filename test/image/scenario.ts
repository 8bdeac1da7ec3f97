import { until } from '../support/raw-client.js';
import { SidecarProcess } from '../support/sidecar-process.js';
import type { After, Figures } from '../support/run-scenario.js';
import type { Extras, Runner } from './run/runner.js';

/** What scenarios work with. */
export interface Stage {
  readonly runner: Runner;
  /** Undefined when the image is not of this checkout. */
  readonly bundle: string | undefined;
  /** Of this scenario alone; every user may read it. */
  readonly folder: string;
  /** Registers what is to be ended with the scenario; the last one is ended first. */
  readonly after: After;
}

/** Something that the image is asked, and what must come of it. */
export interface Scenario {
  readonly name: string;
  /** @throws Error when something else comes of it */
  readonly run: (stage: Stage) => Promise<Figures | void>;
}

/** Starts a program of the image. @param args gets free ports @returns when it takes requests */
export async function start(
  { runner, after }: Stage,
  args: (ports: { data: number; metrics: number }) => readonly string[],
  extras?: Extras,
): Promise<SidecarProcess> {
  const container = runner.container(extras);
  // Of docker and podman; what is in the container is told by flags.
  const env = process.env as Record<string, string>;
  const program = await SidecarProcess.start(args, env, container.command);
  after(async () => {
    await container.remove();
    await program.exited();
  });
  const began = (): boolean => /"msg":"(?:simulator )?ready"/.test(program.stderr);
  await until(() => began() || program.exitCode !== undefined).catch(() => undefined);
  if (!began()) throw new Error(`it does not start: ${program.stderr}`);
  return program;
}

/** Arguments of a sidecar on the loopback. */
export const sidecar =
  (modelServer: number, ...flags: readonly string[]) =>
  ({ data, metrics }: { data: number; metrics: number }): readonly string[] => [
    ...['sidecar', '--bind-address=127.0.0.1', `--port=${data}`, `--metrics-port=${metrics}`],
    ...[`--model-server-port=${modelServer}`, '--secure-serving=false', ...flags],
  ];

/** Arguments of a simulator. */
export const simulator =
  (...flags: readonly string[]) =>
  ({ data }: { data: number }): readonly string[] => [
    ...['simulator', '--host=127.0.0.1', `--port=${data}`, '--time-to-first-token=0', ...flags],
  ];

/** Arguments of a router on the loopback. */
export const router =
  (...flags: readonly string[]) =>
  ({ data, metrics }: { data: number; metrics: number }): readonly string[] => [
    ...['router', '--host=127.0.0.1', `--port=${data}`, `--prometheus-port=${metrics}`, ...flags],
  ];

/** Arguments of a picker on the loopback, without TLS. */
export const picker =
  (...flags: readonly string[]) =>
  ({ data, metrics }: { data: number; metrics: number }): readonly string[] => [
    ...['picker', '--bind-address=127.0.0.1', `--grpc-port=${data}`, '--grpc-health-port=0'],
    ...[`--metrics-port=${metrics}`, '--secure-serving=false', ...flags],
  ];
