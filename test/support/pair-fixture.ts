import type { RouterConfig } from '../../src/apps/router/router.settings.js';
import type { Endpoint } from '../../src/fleet/endpoint.js';
import {
  FakeEngine,
  json,
  KV_PARAMS,
  type EngineBehaviour,
  type ReceivedRequest,
} from './fake-engine.js';
import { until } from './raw-client.js';
import { healthy, startRouterFixture, type RouterFixture } from './router-fixture.js';

/** A router in this process, with prefill workers and decode workers played by hand. */
export interface PairFixture extends RouterFixture {
  readonly prefills: readonly FakeEngine[];
  readonly decodes: readonly FakeEngine[];
  /** What all workers of a side were asked, probes left out. */
  legs(side: 'prefills' | 'decodes'): ReceivedRequest[];
  /** In flight at all workers. */
  inFlight(): number;
  endpoint(engine: FakeEngine): Endpoint;
}

/** What vLLM's NixlConnector answers to a prefill. */
export const PREFILLED: EngineBehaviour = json({ kv_transfer_params: KV_PARAMS });
export const DECODED: EngineBehaviour = json({ decoded: true });
export const RESET: EngineBehaviour = (response) => {
  response.socket?.resetAndDestroy();
};
export const NEVER: EngineBehaviour = () => undefined;

/** @param sides how the workers of each behave, one behaviour a worker */
export async function startPairFixture(
  sides: {
    readonly prefills?: readonly EngineBehaviour[];
    readonly decodes?: readonly EngineBehaviour[];
    readonly regulars?: readonly EngineBehaviour[];
  } = {},
  config: Partial<RouterConfig> = {},
): Promise<PairFixture> {
  const { prefills = [PREFILLED], decodes = [DECODED], regulars = [] } = sides;
  const start = (all: readonly EngineBehaviour[]): Promise<FakeEngine[]> =>
    Promise.all(all.map((one) => FakeEngine.start(healthy(one))));
  const [p, d] = await Promise.all([start(prefills), start(decodes)]);
  const fixture = await startRouterFixture(regulars, {
    pdDisaggregation: true,
    prefill: p.map(({ hostPort }) => ({ url: `http://${hostPort}`, bootstrapPort: undefined })),
    decode: d.map(({ hostPort }) => `http://${hostPort}`),
    ...config,
  });
  const sidesOf = { prefills: p, decodes: d };
  return {
    ...fixture,
    ...sidesOf,
    legs: (side) =>
      sidesOf[side].flatMap(({ requests }) => requests.filter(({ method }) => method === 'POST')),
    inFlight: () => fixture.router.fleet.all.reduce((sum, { inFlight }) => sum + inFlight, 0),
    endpoint: ({ hostPort }) => fixture.router.fleet.find(`http://${hostPort}`)![0],
    stop: async () => {
      await fixture.stop();
      await Promise.all([...p, ...d].map((engine) => engine.stop()));
    },
  };
}

/** Waits until nothing is in flight any more. */
export async function untilIdle(fixture: PairFixture): Promise<void> {
  await until(() => fixture.inFlight() === 0);
}
