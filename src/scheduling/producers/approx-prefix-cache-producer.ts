import * as z from 'zod';
import type { InferenceRequest } from '../inference-request.js';
import { definePlugin, type PluginTools } from '../plugin-definition.js';
import type { Endpoints, LifecycleListener, Producer } from '../plugin.js';
import { blockHashes, rootOf } from '../prefix-index/block-hashes.js';
import { PrefixIndex, type Holders } from '../prefix-index/prefix-index.js';
import {
  APPROXIMATE_PREFIX_PRODUCER,
  leavePrefixMatch,
  type PrefixMatch,
} from '../prefix-match.js';
import type { ScheduledEndpoint } from '../scheduled-endpoint.js';
import type { SchedulingResult } from '../scheduling-result.js';
import { TOKEN_PRODUCER, tokenizedPrompt } from '../token-count.js';
import { saltOf } from './cache-salt.js';
import { computedBy } from './computed-by.js';

/** Smaller blocks would make the index larger and matches no better. */
const LEAST_BLOCK = 64;
/** Of prompts that are shorter than a block. */
const FINE_BLOCK = 16;

const parameters = z.strictObject({
  autoTune: z
    .boolean()
    .default(true)
    .describe('Takes block size and capacity from the metrics of model servers, where they tell.'),
  blockSizeTokens: z
    .int()
    .min(1)
    .default(16)
    .describe(`Tokens of a block; below ${LEAST_BLOCK} it counts as ${LEAST_BLOCK}.`),
  blockSize: z.int().min(0).optional().describe('The older name of blockSizeTokens.'),
  maxPrefixTokensToMatch: z
    .int()
    .min(0)
    .default(131_072)
    .describe('Tokens of a prompt that are looked at; 0: see maxPrefixBlocksToMatch.'),
  maxPrefixBlocksToMatch: z
    .int()
    .min(0)
    .default(2048)
    .describe('Blocks of a prompt that are looked at where no tokens are given; 0: all.'),
  lruCapacityPerServer: z
    .int()
    .min(1)
    .default(31_250)
    .describe('Blocks that are remembered of a model server; those used longest ago go first.'),
});

type Parameters = z.output<typeof parameters>;

class Match implements PrefixMatch {
  readonly totalBlocks: number;

  constructor(
    private readonly index: PrefixIndex<ScheduledEndpoint>,
    private readonly holders: Holders | undefined,
    readonly hashes: Int32Array,
    readonly blockSize: number,
  ) {
    this.totalBlocks = hashes.length / 2;
  }

  matchedBlocks(endpoint: ScheduledEndpoint): number {
    return this.holders ? this.index.heldBy(endpoint, this.holders) : 0;
  }
}

/** Estimates what the caches of endpoints hold by the prompts that they were sent. */
class ApproximatePrefixCache implements Producer, LifecycleListener {
  private readonly index = new PrefixIndex<ScheduledEndpoint>();

  constructor(
    private readonly name: string,
    private readonly parameters: Parameters,
  ) {}

  /** Blocks that are remembered, each once. */
  get rememberedBlocks(): number {
    return this.index.size;
  }

  produce(request: InferenceRequest, endpoints: Endpoints): void {
    const prompt = tokenizedPrompt(request);
    if (!prompt || prompt.count === 0) return;
    const whole = this.blockSizeFor(endpoints);
    // A prompt below one block would match only as a whole.
    const blockSize = prompt.count < whole ? Math.min(FINE_BLOCK, whole) : whole;
    const most = this.mostTokens(blockSize);
    const { words, count } = prompt.words(most);
    const root = rootOf(request.targetModel, saltOf(request.body), blockSize);
    const hashes = blockHashes(words, Math.min(count, most), blockSize, root);
    const holders = this.index.match(hashes);
    const match = new Match(this.index, holders, hashes, blockSize);
    leavePrefixMatch(request, this.name, APPROXIMATE_PREFIX_PRODUCER, match);
  }

  decided(request: InferenceRequest, result: SchedulingResult): void {
    const match = request.attributes.get(this.name);
    if (!(match instanceof Match)) return;
    for (const endpoint of computedBy(result)) {
      this.index.record(match.hashes, endpoint, this.capacityOf(endpoint, match.blockSize));
    }
  }

  removed(endpoint: ScheduledEndpoint): void {
    this.index.remove(endpoint);
  }

  private blockSizeFor(endpoints: Endpoints): number {
    const { autoTune, blockSizeTokens } = this.parameters;
    let size = blockSizeTokens;
    if (autoTune) {
      for (let i = 0; i < endpoints.length; i++) {
        const told = endpoints[i]!.state.blockSize;
        if (told <= 0) continue;
        size = told;
        break;
      }
    }
    return Math.max(size, LEAST_BLOCK);
  }

  /** @returns a multiple of the block size, or Infinity */
  private mostTokens(blockSize: number): number {
    const { maxPrefixTokensToMatch: tokens, maxPrefixBlocksToMatch: blocks } = this.parameters;
    if (tokens > 0) return Math.floor(tokens / blockSize) * blockSize;
    return blocks > 0 ? blocks * blockSize : Infinity;
  }

  /** A server counts its blocks in its own size: what matters is the tokens that it has room for. */
  private capacityOf({ state }: ScheduledEndpoint, blockSize: number): number {
    const { autoTune, lruCapacityPerServer } = this.parameters;
    if (!autoTune || state.blocks <= 0) return lruCapacityPerServer;
    const ownSize = state.blockSize > 0 ? state.blockSize : blockSize;
    return Math.max(1, Math.floor((state.blocks * ownSize) / blockSize));
  }
}

function create(given: Parameters, { name, logger }: PluginTools): ApproximatePrefixCache {
  const { blockSize = 0, blockSizeTokens } = given;
  const size = blockSize > 0 && blockSizeTokens === 16 ? blockSize : blockSizeTokens;
  if (size !== 16 && size < LEAST_BLOCK) {
    logger.warn('blocks of a prefix cache are larger than configured', {
      plugin: name,
      blockSizeTokens: size,
      instead: LEAST_BLOCK,
    });
  }
  return new ApproximatePrefixCache(name, { ...given, blockSizeTokens: size });
}

export const approxPrefixCacheProducer = definePlugin({
  type: APPROXIMATE_PREFIX_PRODUCER,
  kinds: ['producer'],
  summary: 'Estimates how much of a prompt endpoints have cached, by the prompts that they got.',
  parameters,
  needs: () => [TOKEN_PRODUCER],
  create,
});
