import { afterEach, describe, expect, it } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { json, KV_PARAMS } from '../../support/fake-engine.js';
import { readMetrics } from '../../support/metric-reader.js';
import { SidecarWorkers } from '../../support/sidecar-workers.js';

const GOOD = json({ kv_transfer_params: KV_PARAMS });
const BAD = json({ error: 'x' }, 500);

describe('the circuit breaker of two workers', () => {
  let sidecar: SidecarWorkers;
  afterEach(() => sidecar.stop());

  const start = async (...flags: string[]): Promise<void> => {
    sidecar = await SidecarWorkers.start(flags);
    await sidecar.ready();
  };
  const asked = async (times: number): Promise<number[]> => {
    const statuses: number[] = [];
    for (let i = 0; i < times; i++) statuses.push(await sidecar.ask());
    return statuses;
  };
  const states = async (): Promise<(number | undefined)[]> => {
    const metrics = await readMetrics(sidecar.program.opsUrl);
    return ['closed', 'open', 'half_open'].map((state) =>
      metrics.get(`sidecar_circuit_breaker_state{state="${state}"}`),
    );
  };
  const workersOf = (status: number): Set<unknown> =>
    new Set(
      sidecar.requests.filter((line) => line['status'] === status).map(({ worker }) => worker),
    );

  it('opens after the threshold of failures in all, for both of them', async () => {
    await start('--breaker-threshold=5');
    sidecar.prefiller.behaviour = BAD;
    expect(await asked(5)).toEqual([502, 502, 502, 502, 502]);
    await sidecar.logged('breaker: open');
    expect(await asked(4)).toEqual([503, 503, 503, 503]);
    expect(sidecar.prefiller.requests).toHaveLength(5);
    await sidecar.logged('request', 9);
    expect(workersOf(502)).toEqual(new Set([1, 2]));
    expect(workersOf(503)).toEqual(new Set([1, 2]));
    expect(await states()).toEqual([0, 1, 0]);
    expect(await sidecar.logged('breaker: open')).toHaveLength(1);
  });

  it('stays closed when a success of one interrupts the failures of the other', async () => {
    await start('--breaker-threshold=4');
    for (let round = 0; round < 4; round++) {
      sidecar.prefiller.behaviour = BAD;
      expect(await asked(2)).toEqual([502, 502]);
      sidecar.prefiller.behaviour = GOOD;
      expect(await asked(1)).toEqual([200]);
    }
    expect(await states()).toEqual([1, 0, 0]);
  });

  it('makes one probe in all after the cool-down, and closes for both when it succeeds', async () => {
    await start('--breaker-threshold=2', '--breaker-cooldown=1s');
    sidecar.prefiller.behaviour = BAD;
    await asked(2);
    await sidecar.logged('breaker: open');
    await sleep(1010);
    let finish: () => void = () => undefined;
    const held = new Promise<void>((resolve) => (finish = resolve));
    sidecar.prefiller.behaviour = async (response, request) => {
      await held;
      await GOOD(response, request);
    };
    const many = Promise.all(Array.from({ length: 8 }, () => sidecar.ask()));
    await sidecar.prefiller.received(3);
    await sidecar.logged('request', 9);
    finish();
    expect((await many).toSorted()).toEqual([200, 503, 503, 503, 503, 503, 503, 503]);
    expect(sidecar.prefiller.requests).toHaveLength(3);
    await sidecar.logged('breaker: closed');
    expect(await asked(4)).toEqual([200, 200, 200, 200]);
    expect(await states()).toEqual([1, 0, 0]);
  });

  it('lets another worker probe when the one that probes dies', async () => {
    await start('--breaker-threshold=1', '--breaker-cooldown=1s');
    sidecar.prefiller.behaviour = BAD;
    await asked(1);
    await sidecar.logged('breaker: open');
    await sleep(1010);
    sidecar.prefiller.behaviour = () => undefined;
    const lost = sidecar.ask().catch(() => 'broken');
    await sidecar.prefiller.received(2);
    await sidecar.kill(1);
    await sidecar.kill(2);
    expect(await lost).toBe('broken');
    sidecar.prefiller.behaviour = GOOD;
    await sidecar.logged('worker serves', 4);
    expect(await sidecar.ask()).toBe(200);
  });
});
