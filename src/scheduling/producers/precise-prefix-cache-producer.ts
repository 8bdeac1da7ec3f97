import { ExpectedBlocks } from '../../kv-events/expected-blocks.js';
import { PromptTokens } from '../../kv-events/prompt-tokens.js';
import type { InferenceRequest } from '../inference-request.js';
import { definePlugin, type PluginTools } from '../plugin-definition.js';
import type { Endpoints, LifecycleListener, Producer } from '../plugin.js';
import { PRECISE_PREFIX_PRODUCER, type PrefixMatch } from '../prefix-match.js';
import type { ScheduledEndpoint } from '../scheduled-endpoint.js';
import type { SchedulingResult } from '../scheduling-result.js';
import { TOKEN_PRODUCER, tokenizedPrompt } from '../token-count.js';
import { computedBy } from './computed-by.js';
import { saltOf } from './cache-salt.js';
import { CacheSources } from './precise/cache-sources.js';
import { heldBlocks } from './precise/held-blocks.js';
import { parameters, type PreciseParameters } from './precise/parameters.js';
import { ServerTokenizer } from './server-tokenizer.js';

const USUAL_BLOCK = 16;
/** Scores are parts of all whole blocks, as with other pickers: that an engine computes the last token is the same for each. */
const NONE_COMPUTED = 0;

class Match implements PrefixMatch {
  readonly totalBlocks: number;

  constructor(
    private readonly cache: PrecisePrefixCache,
    readonly tokens: PromptTokens,
    readonly blockSize: number,
    readonly lora: string,
  ) {
    this.totalBlocks = tokens.chain(blockSize, lora).length;
  }

  matchedBlocks(endpoint: ScheduledEndpoint): number {
    const held = this.cache.heldTokens(this.tokens, this.lora, endpoint);
    return Math.min(this.totalBlocks, Math.floor(held / this.blockSize));
  }
}

/** Knows what the caches of endpoints hold, by what their engines tell of each block. */
export class PrecisePrefixCache implements Producer, LifecycleListener {
  private readonly sources: CacheSources;
  private readonly tokenizer: ServerTokenizer;
  private readonly expected = new Map<ScheduledEndpoint, ExpectedBlocks>();
  /** Of the engine that told last, where the configuration does not say. */
  private blockSize = USUAL_BLOCK;

  constructor(
    private readonly parameters: PreciseParameters,
    private readonly tools: Pick<PluginTools, 'name' | 'logger' | 'now'>,
  ) {
    this.sources = new CacheSources(parameters, tools.logger);
    this.tokenizer = new ServerTokenizer(tools.logger);
  }

  /** Where publishers connect to; undefined where they do not, or not yet. */
  get port(): number | undefined {
    return this.sources.port;
  }

  produce(request: InferenceRequest, endpoints: Endpoints): void | Promise<void> {
    // Without a block there is nothing that tokens could be compared with.
    if (!this.sources.hasBlocks) return;
    const known = tokenizedPrompt(request)?.ids ?? this.tokenizer.tokensOf(request, endpoints);
    if (!known) return;
    if (!(known instanceof Promise)) return this.take(request, known, endpoints);
    return known.then((ids) => ids && this.take(request, ids, endpoints));
  }

  decided(request: InferenceRequest, result: SchedulingResult): void {
    const match = request.attributes.get(this.tools.name);
    if (!this.parameters.speculativeIndexing || !(match instanceof Match)) return;
    for (const endpoint of computedBy(result)) this.expect(match, endpoint);
  }

  added(endpoint: ScheduledEndpoint): void {
    this.sources.follow(endpoint);
  }

  removed(endpoint: ScheduledEndpoint): void {
    this.sources.forget(endpoint);
    this.expected.delete(endpoint);
  }

  close(): void {
    this.sources.close();
    this.tokenizer.close();
  }

  /** @returns leading tokens of a prompt that its cache holds */
  heldTokens(tokens: PromptTokens, lora: string, endpoint: ScheduledEndpoint): number {
    const expected = this.expected.get(endpoint);
    const now = expected ? this.tools.now() : 0;
    let most = 0;
    for (const cache of this.sources.of(endpoint)) {
      const { blockSize } = cache;
      const held = heldBlocks(tokens.chain(blockSize, lora), cache, expected, now) * blockSize;
      if (held > most) most = held;
    }
    return most;
  }

  private take(request: InferenceRequest, ids: Uint32Array, endpoints: Endpoints): void {
    const { targetModel: model } = request;
    const tokens = new PromptTokens(ids, model, saltOf(request.body), NONE_COMPUTED);
    const lora = this.sources.adapters.has(model) ? model : '';
    const match = new Match(this, tokens, this.blockSizeFor(endpoints), lora);
    request.attributes.set(this.tools.name, match);
  }

  private blockSizeFor(endpoints: Endpoints): number {
    const { blockSize, blockSizeTokens = blockSize } = this.parameters.tokenProcessorConfig;
    if (blockSizeTokens !== undefined) return blockSizeTokens;
    for (const endpoint of endpoints) {
      const told = this.sources.of(endpoint).find(({ count }) => count > 0);
      if (told) return (this.blockSize = told.blockSize);
    }
    return this.blockSize;
  }

  private expect({ tokens, lora }: Match, endpoint: ScheduledEndpoint): void {
    const [cache] = this.sources.of(endpoint);
    if (!cache) return;
    let expected = this.expected.get(endpoint);
    if (!expected) {
      expected = new ExpectedBlocks(this.parameters.speculativeTTL);
      this.expected.set(endpoint, expected);
    }
    const chain = tokens.chain(cache.blockSize, lora);
    expected.add(chain, heldBlocks(chain, cache, undefined, 0), this.tools.now());
  }
}

export const precisePrefixCacheProducer = definePlugin({
  type: PRECISE_PREFIX_PRODUCER,
  kinds: ['producer'],
  summary: 'Knows how much of a prompt endpoints have cached, by the KV events of their engines.',
  parameters,
  needs: () => [TOKEN_PRODUCER],
  create: (given: PreciseParameters, tools) => new PrecisePrefixCache(given, tools),
});
