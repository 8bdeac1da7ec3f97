import { atMost, none, told } from '../../soak/report/figure.js';
import { messageOf } from '../cases/ask.js';
import type { PartResult } from '../report/report.js';
import { HOSTS, PODS } from '../rig/places.js';
import type { Rig } from '../rig/rig.js';
import { World } from '../rig/world.js';
import { Connection } from '../values/connection.js';

/** Milliseconds. */
const PATIENCE = 5_000;
/** After a pod is refused it is asked this often again: it must not come back. */
const AFTERWARDS = 5;

/** Deletes a pod many times, and each time measures how long requests to it still pass. */
export async function deletePods(rig: Rig, count: number): Promise<PartResult> {
  const begin = performance.now();
  const world = await World.start(rig);
  const target = `${HOSTS.NEW}:${rig.ports.P}`;
  const connection = new Connection(world.port);
  const times: number[] = [];
  let back = 0;
  try {
    for (let i = 0; i < count; i++) {
      world.api.createPod({ name: PODS.PODNEW, ip: HOSTS.NEW });
      await untilStatus(connection, target, 200);
      world.api.deletePod(PODS.PODNEW);
      times.push(await untilStatus(connection, target, 403));
      for (let j = 0; j < AFTERWARDS; j++) {
        if ((await askFor(connection, target)) !== 403) back++;
      }
    }
  } finally {
    connection.close();
    await world.stop();
    rig.reset();
  }
  times.sort((a, b) => a - b);
  return {
    part: 'deletes',
    figures: [
      told('pods deleted', times.length),
      told('until refused, median', times[times.length >> 1] ?? NaN, 'ms'),
      atMost(1_000, 'until refused, longest', times.at(-1) ?? NaN, 'ms'),
      none('requests that passed after a refusal', back),
    ],
    problems: [],
    seconds: (performance.now() - begin) / 1000,
  };
}

/** @returns milliseconds from now until an answer with that status is here */
async function untilStatus(
  connection: Connection,
  target: string,
  status: number,
): Promise<number> {
  const begin = performance.now();
  for (;;) {
    const got = await askFor(connection, target);
    const passed = performance.now() - begin;
    if (got === status) return passed;
    if (passed > PATIENCE) throw new Error(`${target} is still ${got} after ${passed} ms`);
  }
}

async function askFor(connection: Connection, target: string): Promise<number> {
  const line = `x-prefiller-host-port: ${target}`;
  return (await connection.ask(messageOf(`delete-${++asked}`, [line]))).status;
}

let asked = 0;
