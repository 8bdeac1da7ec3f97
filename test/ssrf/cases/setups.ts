import { HOSTS, PODS } from '../rig/places.js';
import type { Rig } from '../rig/rig.js';
import type { World, WorldOptions } from '../rig/world.js';
import { prefillStatus, untilRefused } from './wait.js';

/** What a case needs before its request is sent. */
export interface Setup {
  /** How its world differs. */
  readonly world?: (rig: Rig) => WorldOptions;
  /** What happens when the sidecar is ready. */
  readonly act?: (world: World) => void | Promise<void>;
}

const { A, B, D } = HOSTS;
/** A change of the cluster that the API tells counts within this, in milliseconds. */
const EFFECTIVE = 1_000;
/** A sidecar that lost the API comes back within this. */
const RECONNECTED = 15_000;

const bOf = ({ rig }: World): string => `${B}:${rig.ports.P}`;
const aOf = ({ rig }: World): string => `${A}:${rig.ports.P}`;

const redirect =
  (status: number) =>
  ({ rig }: World): void => {
    const location = `http://${D}:${rig.ports.P}/v1/completions`;
    rig.engine(A, rig.ports.P).answer = (response) => {
      response.writeHead(status, { location, 'content-length': 0 }).end();
    };
  };

/** A change after which A, or B, is refused within {@link EFFECTIVE}. */
const ends = (target: (world: World) => string, change: (world: World) => void): Setup => ({
  act: async (world) => {
    await untilAllowed(world, target(world));
    change(world);
    await untilRefused(world, target(world), EFFECTIVE);
  },
});

async function untilAllowed(world: World, target: string): Promise<void> {
  const status = await prefillStatus(world, target);
  if (status !== 200) throw new Error(`${target} is ${status} before anything happened`);
}

/** By name: what cases ask for. */
export const SETUPS: Readonly<Record<string, Setup>> = {
  'API hangs': {
    world: () => ({ untilReady: false, before: (api) => api.hang() }),
    act: async (world) => {
      const ready = await world.status('/health/ready');
      if (ready !== 503) throw new Error(`/health/ready is ${ready} before the first sync`);
    },
  },
  'pod list hangs': {
    world: () => ({
      untilReady: false,
      before: (api) => api.intercept((request) => request?.resource === 'pods'),
    }),
    act: async (world) => {
      const ready = await world.status('/health/ready');
      if (ready !== 503) throw new Error(`/health/ready is ${ready} before the first sync`);
    },
  },
  'pod B is deleted': ends(bOf, ({ api }) => api.deletePod(PODS.PODB)),
  'pod B is being deleted': ends(bOf, ({ api }) =>
    api.updatePod(PODS.PODB, { deletionTimestamp: '2026-01-01T00:00:00Z' }),
  ),
  'pod B is relabelled': ends(bOf, ({ api }) =>
    api.updatePod(PODS.PODB, { labels: { app: 'other' } }),
  ),
  'pod B fails': ends(bOf, ({ api }) => api.updatePod(PODS.PODB, { phase: 'Failed' })),
  'pod B succeeds': ends(bOf, ({ api }) => api.updatePod(PODS.PODB, { phase: 'Succeeded' })),
  'pod B moves': ends(bOf, ({ api }) => api.updatePod(PODS.PODB, { ip: HOSTS.NEW })),
  'the selector becomes empty': ends(aOf, ({ api }) =>
    api.updatePool({ spec: { selector: { matchLabels: {} }, targetPorts: [{ number: 8000 }] } }),
  ),
  'the selector goes': ends(aOf, ({ api }) =>
    api.updatePool({ spec: { targetPorts: [{ number: 8000 }] } }),
  ),
  'the pool is deleted': ends(aOf, ({ api }) => api.deletePool()),
  'pod A is deleted after a request': ends(aOf, ({ api }) => api.deletePod(PODS.PODNAME)),
  'pod B is deleted while the watch is down': {
    act: async (world) => {
      await untilAllowed(world, bOf(world));
      await world.api.stop();
      world.api.deletePod(PODS.PODB);
      await world.api.start();
      await untilRefused(world, bOf(world), RECONNECTED);
    },
  },
  'pod B is deleted and history forgotten': {
    act: async (world) => {
      await untilAllowed(world, bOf(world));
      world.api.silence();
      world.api.deletePod(PODS.PODB);
      world.api.compact();
      world.api.silence(false);
      world.api.cutWatches();
      await untilRefused(world, bOf(world), RECONNECTED);
    },
  },
  'a pod comes': {
    act: async (world) => {
      world.api.createPod({ name: PODS.PODNEW, ip: HOSTS.NEW });
      const target = `${HOSTS.NEW}:${world.rig.ports.P}`;
      for (let i = 0; i < 50 && (await prefillStatus(world, target)) !== 200; i++) {
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    },
  },
  'relists all the time': {
    act: async (world) => {
      const timer = setInterval(() => {
        world.api.compact();
        world.api.cutWatches();
      }, 50);
      try {
        await allOf(2_000, world, aOf(world));
      } finally {
        clearInterval(timer);
      }
    },
  },
  'the API is away for 2 s': { act: (world) => away(world, 2_000) },
  'the API is away for 30 s': { act: (world) => away(world, 30_000) },
  'the API is away for too long': {
    act: async (world) => {
      await world.api.stop();
      await untilRefused(world, aOf(world), RECONNECTED);
      const ready = await world.status('/health/ready');
      if (ready !== 503) throw new Error(`/health/ready is ${ready} when the set is too old`);
    },
  },
  'pod B goes between two attempts': {
    act: ({ rig, api }) => {
      rig.engine(B, rig.ports.P).answer = (response) => {
        response.destroy();
        if (rig.ledger.connections.length === 1) api.deletePod(PODS.PODB);
      };
    },
  },
  ...Object.fromEntries(
    [301, 302, 303, 307, 308].map((status) => [
      `the prefiller answers ${status}`,
      { act: redirect(status) },
    ]),
  ),
  'the prefiller advertises others': {
    act: ({ rig }) => {
      const elsewhere = `${D}:${rig.ports.P}`;
      const body = JSON.stringify({ kv_transfer_params: { remote_host: A } });
      rig.engine(A, rig.ports.P).answer = (response) =>
        response
          .writeHead(200, {
            'content-type': 'application/json',
            'alt-svc': `h2="${elsewhere}"; ma=3600, http/1.1="${elsewhere}"`,
            refresh: `0; url=http://${elsewhere}/`,
            link: `<http://${elsewhere}/>; rel=preload`,
            'content-location': `http://${elsewhere}/`,
            'content-length': body.length,
          })
          .end(body);
    },
  },
};

async function allOf(count: number, world: World, target: string): Promise<void> {
  for (let i = 0; i < count; i++) {
    const status = await prefillStatus(world, target);
    if (status !== 200) throw new Error(`request ${i} is ${status}`);
  }
}

async function away(world: World, milliseconds: number): Promise<void> {
  await world.api.stop();
  const { P } = world.rig.ports;
  const until = performance.now() + milliseconds;
  let age = 0;
  while (performance.now() < until) {
    if ((await prefillStatus(world, aOf(world))) !== 200) throw new Error('the set is lost');
    if ((await prefillStatus(world, `${HOSTS.UNSELECTED}:${P}`)) !== 403) throw new Error('open');
    const now = await world.metric('sidecar_allowlist_age_seconds');
    if (!(now > age)) throw new Error(`the age went from ${age} to ${now}`);
    age = now;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}
