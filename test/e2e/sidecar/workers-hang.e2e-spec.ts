import { afterEach, describe, expect, it } from '@jest/globals';
import { fileURLToPath } from 'node:url';
import { readMetrics } from '../../support/metric-reader.js';
import { SidecarWorkers } from '../../support/sidecar-workers.js';

const QUICK = fileURLToPath(new URL('../../support/quick-heartbeat.mjs', import.meta.url));

describe('workers whose event loop stands still', () => {
  let sidecar: SidecarWorkers;
  let pids: number[] = [];
  afterEach(() => sidecar.stop());

  /** Asks every 100 ms; 500 ms without an answer is silence. */
  const start = async (deadAfter: number, ...flags: string[]): Promise<void> => {
    const env = { DEAD_AFTER: String(deadAfter) };
    sidecar = await SidecarWorkers.start(flags, env, [process.execPath, QUICK]);
    await sidecar.ready();
    pids = (await sidecar.logged('worker serves', 2)).map(({ pid }) => pid as number);
  };
  const serving = async (): Promise<number | undefined> =>
    (await readMetrics(sidecar.program.opsUrl)).get('sidecar_workers');
  const readiness = async (): Promise<number> =>
    (await fetch(`${sidecar.program.opsUrl}/health/ready`)).status;

  it('do not count until they answer again', async () => {
    await start(100_000);
    expect(await serving()).toBe(2);
    process.kill(pids[0]!, 'SIGSTOP');
    const [warning] = await sidecar.logged('a worker does not answer');
    expect(warning).toMatchObject({ level: 'warn', pid: pids[0], silentMs: 500 });
    expect(await serving()).toBe(1);
    expect(await readiness()).toBe(200);
    process.kill(pids[1]!, 'SIGSTOP');
    await sidecar.logged('a worker does not answer', 2);
    expect(await readiness()).toBe(503);
    for (const pid of pids) process.kill(pid, 'SIGCONT');
    await sidecar.logged('a worker answers again', 2);
    expect(await serving()).toBe(2);
    expect(await readiness()).toBe(200);
    expect(sidecar.program.lines.some(({ msg }) => msg === 'a worker ended')).toBe(false);
  });

  it('are killed and replaced when they go on like that', async () => {
    await start(8);
    process.kill(pids[0]!, 'SIGSTOP');
    const [killed] = await sidecar.logged('a worker is killed');
    expect(killed).toMatchObject({ level: 'error', pid: pids[0], silentMs: 800 });
    const [ended] = await sidecar.logged('a worker ended');
    expect(ended).toMatchObject({ pid: pids[0], signal: 'SIGKILL' });
    await sidecar.logged('worker serves', 3);
    for (let i = 0; i < 4; i++) expect(await sidecar.ask()).toBe(200);
    expect(await serving()).toBe(2);
  });

  it('are killed at the end of a shutdown, which says so', async () => {
    await start(100_000, '--shutdown-timeout=100ms');
    process.kill(pids[0]!, 'SIGSTOP');
    sidecar.program.signal('SIGTERM');
    expect(await sidecar.program.exited()).toBe(0);
    const killed = sidecar.program.lines.filter(({ msg }) => msg === 'a worker is killed');
    expect(killed).toEqual([expect.objectContaining({ pid: pids[0], stopMs: 2_100 })]);
  });
});
