import { SidecarProcess } from '../../support/sidecar-process.js';

const running = new Set<SidecarProcess>();
process.once('exit', () => {
  for (const simulator of running) simulator.signal('SIGKILL');
});

/** A model server that is played. */
export interface Simulator {
  readonly url: string;
  readonly port: number;
  stop(): Promise<void>;
}

/** @param args after those that say where it listens @returns when it serves */
export async function startSimulator(...args: readonly string[]): Promise<Simulator> {
  const simulator = await SidecarProcess.start(({ data }) => [
    ...['simulator', `--port=${data}`],
    ...args,
  ]);
  running.add(simulator);
  for (;;) {
    const answer = await fetch(`${simulator.url}/health`).catch(() => undefined);
    if (answer?.ok) break;
    if (simulator.exitCode !== undefined) throw new Error(`it ended: ${simulator.stderr}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return {
    url: simulator.url,
    port: simulator.port,
    stop: async () => {
      await simulator.stop();
      running.delete(simulator);
    },
  };
}
