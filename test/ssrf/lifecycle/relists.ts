import { atLeast, none, told } from '../../soak/report/figure.js';
import type { PartResult } from '../report/report.js';
import { HOSTS } from '../rig/places.js';
import type { Rig } from '../rig/rig.js';
import { World } from '../rig/world.js';
import { Connection } from '../values/connection.js';

/**
 * A sidecar relists at once only when its watch was good for a second, so that many relists in little time take many
 * sidecars.
 */
const SIDECARS = 8;
const GOOD_MS = 1_100;
/** Of pods and of pools. */
const WATCHES = 2;
/** A watch that is cut is a failure, after which a sidecar waits. */
const ROUGH_EVERY = 6;
const CLIENTS = 2;
const PAUSE_MS = 2;
const PATIENCE_MS = 120_000;

/** How often each status came. */
interface Load {
  allowed: Map<number, number>;
  denied: Map<number, number>;
}

/** Forgets history and cuts all watches, again and again, while allowed and denied hosts are asked for. */
export async function stormRelists(rig: Rig, count: number): Promise<PartResult> {
  const begin = performance.now();
  const canaryBefore = rig.ledger.canary.length;
  const worlds: World[] = [];
  const load: Load = { allowed: new Map(), denied: new Map() };
  const stopped = new AbortController();
  const sidecars = Math.min(SIDECARS, Math.max(2, Math.ceil(count / 20)));
  let firstLists = 0;
  const done = (): boolean =>
    listsOf(worlds) - firstLists >= count || performance.now() - begin > PATIENCE_MS;
  try {
    while (worlds.length < sidecars) worlds.push(await World.start(rig));
    firstLists = listsOf(worlds);
    const clients = worlds.flatMap((world) =>
      Array.from({ length: CLIENTS }, () => askOn(world, load, stopped.signal)),
    );
    await Promise.all(worlds.map(({ api }) => upsetUntil(api, done)));
    stopped.abort();
    await Promise.all(clients);
  } finally {
    stopped.abort();
    for (const world of worlds) await world.stop();
    rig.reset();
  }
  const relists = listsOf(worlds) - firstLists;
  return {
    part: 'relists',
    figures: [
      atLeast(count, 'relists', relists),
      told('sidecars', worlds.length),
      atLeast(relists, 'requests for an allowed host', sum(load.allowed)),
      none('of these refused with 403', load.allowed.get(403) ?? 0),
      none('of these otherwise not 200', sum(load.allowed, 200, 403)),
      atLeast(1, 'requests for a denied host', sum(load.denied)),
      none('of these not refused', sum(load.denied, 403)),
      none('connections to hosts that are not allowed', rig.ledger.canary.length - canaryBefore),
    ],
    problems: [],
    seconds: (performance.now() - begin) / 1000,
  };
}

/** Makes the client list again, by a 410 as an event or as an answer, after the end of a watch or a cut. */
async function upsetUntil(api: World['api'], done: () => boolean): Promise<void> {
  for (let round = 0; !done(); round++) {
    await pause(GOOD_MS);
    const before = api.count('list');
    api.goneAs = round % 2 === 0 ? 'event' : 'status';
    if (round % ROUGH_EVERY === ROUGH_EVERY - 1) api.cutWatches();
    else api.endWatches();
    // After the end, whose bookmark would lead past it.
    api.compact();
    const isBack = (): boolean => api.openWatches === WATCHES && api.count('list') > before + 1;
    while (!isBack() && !done()) await pause(10);
  }
}

const pause = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, milliseconds));

function listsOf(worlds: readonly World[]): number {
  return worlds.reduce((total, { api }) => total + api.count('list'), 0);
}

async function askOn(world: World, load: Load, signal: AbortSignal): Promise<void> {
  const connection = new Connection(world.port);
  const { P } = world.rig.ports;
  for (let i = 0; !signal.aborted; i++) {
    const kind = i % 4 === 3 ? 'denied' : 'allowed';
    const target = `${kind === 'denied' ? HOSTS.D : HOSTS.A}:${P}`;
    const id = `storm-${i}`;
    const bytes = `POST /v1/completions HTTP/1.1\r\nHost: s\r\nx-request-id: ${id}\r\ncontent-length: 14\r\nx-prefiller-host-port: ${target}\r\n\r\n{"prompt":"x"}`;
    const { status } = await connection.ask(Buffer.from(bytes)).catch(() => ({ status: 0 }));
    load[kind].set(status, (load[kind].get(status) ?? 0) + 1);
    world.rig.ledger.take(id);
    await pause(PAUSE_MS);
  }
  connection.close();
}

function sum(counts: ReadonlyMap<number, number>, ...but: number[]): number {
  let total = 0;
  for (const [status, count] of counts) if (!but.includes(status)) total += count;
  return total;
}
