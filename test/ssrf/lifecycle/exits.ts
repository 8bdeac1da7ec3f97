import { atLeast, atMost, told, type Figure } from '../../soak/report/figure.js';
import type { FakeApiServer } from '../../support/fake-apiserver.js';
import type { PartResult } from '../report/report.js';
import type { Rig } from '../rig/rig.js';
import { World } from '../rig/world.js';

const SYNC_TIMEOUT_MS = 1_000;
/** For what the machine does meanwhile. */
const GRACE_MS = 4_000;

const OBSTACLES: readonly (readonly [what: string, before: (api: FakeApiServer) => void])[] = [
  ['the API does not answer', (api) => api.hang()],
  ['the pool is missing', (api) => api.deletePool()],
  ['pods are forbidden', (api) => api.deny('/pods')],
  ['pools are forbidden', (api) => api.deny('inferencepools')],
  [
    'the token is not known',
    (api) =>
      api.intercept((_, response) => {
        response.writeHead(401).end();
        return true;
      }),
  ],
];

/** How a sidecar ends that cannot read its pool: by itself with 1, and before that at a SIGTERM with 0. */
export async function watchExits(rig: Rig): Promise<PartResult> {
  const begin = performance.now();
  const figures: Figure[] = [];
  let right = 0;
  let longest = 0;
  const problems: string[] = [];
  for (const [what, before] of OBSTACLES) {
    const { code, ready, milliseconds } = await exitOf(rig, before, false);
    longest = Math.max(longest, milliseconds);
    if (code === 1 && ready === 503) right++;
    else problems.push(`${what}: exit code ${code}, /health/ready ${ready} before`);
  }
  const ended = await exitOf(rig, (api) => api.hang(), true);
  if (ended.code !== 0) problems.push(`SIGTERM before the sync: exit code ${ended.code}`);
  figures.push(
    atLeast(OBSTACLES.length, 'pools that cannot be read: exit code 1, not ready before', right),
    atMost(
      SYNC_TIMEOUT_MS + GRACE_MS,
      'until then, longest (--ssrf-sync-timeout=1s)',
      longest,
      'ms',
    ),
    atMost(0, 'exit code at SIGTERM before the sync', ended.code ?? NaN),
    told('until exit at that SIGTERM', ended.milliseconds, 'ms'),
  );
  rig.reset();
  return { part: 'exits', figures, problems, seconds: (performance.now() - begin) / 1000 };
}

interface Exit {
  readonly code: number | null;
  /** Status of /health/ready before. */
  readonly ready: number;
  readonly milliseconds: number;
}

async function exitOf(
  rig: Rig,
  before: (api: FakeApiServer) => unknown,
  terminate: boolean,
): Promise<Exit> {
  const timeout = terminate ? '30s' : `${SYNC_TIMEOUT_MS}ms`;
  const flags = [`--ssrf-sync-timeout=${timeout}`];
  const world = await World.start(rig, { flags, before, untilReady: false });
  try {
    const begin = performance.now();
    const ready = await world.status('/health/ready');
    if (terminate) world.sidecar.signal('SIGTERM');
    const code = await world.sidecar.exited();
    return { code, ready, milliseconds: Math.round(performance.now() - begin) };
  } finally {
    await world.stop();
  }
}
