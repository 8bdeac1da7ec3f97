import * as z from 'zod';
import type { InferenceRequest } from '../inference-request.js';
import { definePlugin } from '../plugin-definition.js';
import type { Endpoints, HeaderWriter, Producer, ProfileOutcomes } from '../plugin.js';
import { APPROXIMATE_PREFIX_PRODUCER, prefixMatch, type PrefixMatch } from '../prefix-match.js';
import { rootOf } from '../prefix-index/block-hashes.js';
import type { ScheduledEndpoint } from '../scheduled-endpoint.js';

/** Read by the sidecar: whose cache the decoder, or the prefiller, pulls blocks from. */
const HEADER = 'x-kv-cache-source-host-port';

const parameters = z.strictObject({
  prefixMatchInfoProducerName: z
    .string()
    .transform((name) => name || APPROXIMATE_PREFIX_PRODUCER)
    .default(APPROXIMATE_PREFIX_PRODUCER)
    .describe('The producer that knows what is cached.'),
  minCachedTokenDelta: z
    .int()
    .min(1)
    .default(1)
    .describe('As many tokens more than the server that computes the prompt a source has to hold.'),
  prefillProfileName: z
    .string()
    .min(1)
    .default('prefill')
    .describe('The profile that picks who computes the prompt, where it runs.'),
});

type Parameters = z.output<typeof parameters>;

/** Says from which cache the server that computes a prompt may pull what it does not hold itself. */
class P2pSource implements Producer, HeaderWriter {
  constructor(
    private readonly name: string,
    private readonly parameters: Parameters,
  ) {}

  produce(request: InferenceRequest, endpoints: Endpoints): void {
    const match = prefixMatch(request, this.parameters.prefixMatchInfoProducerName);
    const source = match && sourceOf(match, endpoints, request.id);
    if (source) request.attributes.set(this.name, source);
  }

  headers(
    request: InferenceRequest,
    done: ProfileOutcomes,
    primary: string,
  ): readonly (readonly [string, string])[] {
    const source = request.attributes.get(this.name) as ScheduledEndpoint | undefined;
    const { prefixMatchInfoProducerName, prefillProfileName, minCachedTokenDelta } =
      this.parameters;
    const match = prefixMatch(request, prefixMatchInfoProducerName);
    const [computing] = done.get(prefillProfileName) ?? done.get(primary) ?? [];
    if (!source || !match || !computing || source === computing) return [];
    const more = match.matchedBlocks(source) - match.matchedBlocks(computing);
    return more * match.blockSize >= minCachedTokenDelta ? [[HEADER, source.id]] : [];
  }
}

/**
 * One of those that hold the most, or a block less, so that not all pull from the same: by chance, which the id of the
 * request is, and the likelier the fewer requests wait there.
 */
function sourceOf(
  match: PrefixMatch,
  endpoints: Endpoints,
  id: string,
): ScheduledEndpoint | undefined {
  const held = Uint32Array.from(endpoints, (endpoint) => match.matchedBlocks(endpoint));
  const least = Math.max(1, held.reduce((most, blocks) => Math.max(most, blocks), 0) - 1);
  let sum = 0;
  for (let i = 0; i < held.length; i++) {
    if (held[i]! >= least) sum += weightOf(endpoints[i]!);
  }
  let left = ((rootOf(id, '', 0).low >>> 0) / 2 ** 32) * sum;
  let last: ScheduledEndpoint | undefined;
  for (let i = 0; i < held.length; i++) {
    if (held[i]! < least) continue;
    last = endpoints[i]!;
    left -= weightOf(last);
    if (left < 0) return last;
  }
  return last;
}

function weightOf({ state }: ScheduledEndpoint): number {
  return 1 / (1 + state.waiting);
}

export const p2pSourceProducer = definePlugin({
  type: 'p2p-source-producer',
  kinds: ['producer', 'header-writer'],
  summary: 'Names a server that has more of a prompt cached than the one that computes it.',
  parameters,
  references: ({ prefixMatchInfoProducerName: producer }: Parameters) =>
    producer === APPROXIMATE_PREFIX_PRODUCER ? [] : [producer],
  needs: ({ prefixMatchInfoProducerName: producer }: Parameters) =>
    producer === APPROXIMATE_PREFIX_PRODUCER ? [producer] : [],
  create: (given: Parameters, { name }) => new P2pSource(name, given),
});
