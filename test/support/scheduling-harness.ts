import { SilentLogger } from '../../src/logging/silent-logger.js';
import type { InferenceRequest } from '../../src/scheduling/inference-request.js';
import type { PluginDefinition, PluginTools } from '../../src/scheduling/plugin-definition.js';
import type { Endpoints, Filter, Scorer } from '../../src/scheduling/plugin.js';
import type { PrefixMatch } from '../../src/scheduling/prefix-match.js';
import type { ScheduledEndpoint } from '../../src/scheduling/scheduled-endpoint.js';
import type { SchedulingResult } from '../../src/scheduling/scheduling-result.js';
import { unknownState, type ServerState } from '../../src/scheduling/server-state.js';
import { randomOf } from './random-pods.js';

/** An endpoint whose numbers a test changes. */
export type Server = { -readonly [K in keyof ScheduledEndpoint]: ScheduledEndpoint[K] };

/** What differs from an idle server that was never asked how it is. */
export type GivenServer = Partial<Omit<ScheduledEndpoint, 'state'>> & {
  readonly state?: Partial<ServerState>;
};

/** @returns `10.0.0.N:8000`, the pod `pod-N` of `default` */
export function server(number: number, { state, ...given }: GivenServer = {}): Server {
  return {
    ...{ id: `10.0.0.${number}:8000`, name: `pod-${number}`, namespace: 'default' },
    ...{ labels: {}, models: [], inFlight: 0, inFlightTokens: 0 },
    ...{ load: 0, cost: 1, lastChosen: -Infinity },
    ...given,
    state: { ...unknownState(), ...state },
  };
}

/** @returns one server each */
export function servers(given: readonly GivenServer[]): Server[] {
  return given.map((each, i) => server(i, each));
}

/** What differs from a chat without a session. */
export type GivenRequest = Partial<Omit<InferenceRequest, 'headers'>> & {
  /** Names in lower case. */
  readonly headers?: Readonly<Record<string, string>>;
};

export function inferenceRequest({ headers = {}, ...given }: GivenRequest = {}): InferenceRequest {
  return {
    ...{ id: 'r1', path: '/v1/chat/completions', body: undefined, bytes: 0, text: '' },
    ...{ model: 'm', targetModel: 'm', sessionKey: undefined },
    ...{ priority: 0, fairnessId: 'default-flow', receivedAt: 0, explain: false },
    attributes: new Map<string, unknown>(),
    ...given,
    headers: { get: (name) => headers[name] },
  };
}

/** Time that stands until it is put forward, and chance that comes out the same for the same seed. */
export class FakePluginTools implements PluginTools {
  readonly logger = new SilentLogger();
  readonly services = {};
  readonly plugins = new Map<string, object>();
  time = 0;
  random: () => number;

  constructor(
    readonly name = 'sut',
    seed = 1,
  ) {
    this.random = randomOf(seed);
  }

  now(): number {
    return this.time;
  }

  plugin(name: string): object | undefined {
    return this.plugins.get(name);
  }
}

/** @returns an instance as a configuration makes it @throws ZodError for parameters that it refuses */
export function pluginOf<T extends object>(
  definition: PluginDefinition,
  parameters: object = {},
  tools: PluginTools = new FakePluginTools(),
): T {
  return definition.create(definition.parameters.parse(parameters), tools) as T;
}

/** @returns one an endpoint; what it leaves alone would be NaN */
export function scoresOf(
  scorer: Scorer,
  endpoints: Endpoints,
  request: InferenceRequest = inferenceRequest(),
): number[] {
  const scores = new Float64Array(endpoints.length + 1).fill(NaN);
  scorer.score(request, endpoints, scores);
  if (!Number.isNaN(scores[endpoints.length])) throw new Error('writes beyond the endpoints');
  return [...scores.subarray(0, endpoints.length)];
}

/** @returns places, in the list, of those that stay */
export function keptBy(
  filter: Filter,
  endpoints: Endpoints,
  request: InferenceRequest = inferenceRequest(),
): number[] {
  return filter.filter(request, endpoints).map((endpoint) => endpoints.indexOf(endpoint));
}

/** @param blocks of the prompt that each endpoint holds, in their order */
export function matchOf(
  endpoints: Endpoints,
  blocks: readonly number[],
  whole: Pick<PrefixMatch, 'totalBlocks' | 'blockSize'>,
): PrefixMatch {
  return { ...whole, matchedBlocks: (endpoint) => blocks[endpoints.indexOf(endpoint)] ?? 0 };
}

/** @param prefiller its profile is `prefill`; that of the other is `decode` */
export function resultOf(
  decoder: ScheduledEndpoint,
  prefiller?: ScheduledEndpoint,
): SchedulingResult {
  const profiles = new Map([['decode', [decoder]]]);
  if (prefiller) profiles.set('prefill', [prefiller]);
  return {
    endpoints: [decoder],
    destinations: undefined,
    profiles,
    headers: [],
    records: undefined,
  };
}
