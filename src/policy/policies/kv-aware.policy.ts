import { BlockIndex } from '../../kv-events/block-index.js';
import type { PromptTokens } from '../../kv-events/prompt-tokens.js';
import type { Candidate, Choice, Policy, PolicyTools, RequestFeatures } from '../policy.js';
import { definePolicy } from '../policy-definition.js';
import { ExpectedBlocks } from '../../kv-events/expected-blocks.js';
import { hashText } from '../structures/hash.js';
import { heldPrefix, NOTHING_HELD, type HeldPrefix } from '../structures/held-prefix.js';
import { Member, Roster } from '../structures/roster.js';
import { Sessions } from '../structures/sessions.js';
import { cacheAware, CacheAwarePolicy, type CacheAwareOptions } from './cache-aware.policy.js';
import { Overload } from './overload.js';
import { lowest } from './preference.js';
import { softmax } from './softmax.js';

/** Those of `cache_aware` count for overloads, and for prompts of which the text alone is known. */
export interface KvAwareOptions extends CacheAwareOptions {
  /** What the workers' events say; undefined: nothing. */
  readonly blockIndex: BlockIndex | undefined;
  /** 0 takes the lowest cost; the higher it is, the larger is the share of chance. */
  readonly temperature: number;
  /** What a block is worth that lies elsewhere than in the GPU's memory, from 0 to 1. */
  readonly hostCredit: number;
  readonly externalCredit: number;
  readonly diskCredit: number;
  /** Milliseconds without a request after which a session may go elsewhere; 0: sessions do not count. */
  readonly affinityMaxIdle: number;
}

const PREFIX = 'prefix';

class Holder extends Member {
  readonly expected = new ExpectedBlocks();
}

interface Estimate {
  readonly held: HeldPrefix;
  /** Tokens that are left to compute, and one for each request in flight. */
  readonly cost: number;
}

/**
 * The endpoint that has least to compute, by what its engine itself tells of its KV cache: tokens that it does not hold,
 * and a token for each request in flight. A prompt counts as held as far as its blocks are there without a gap from its
 * beginning.
 *
 * What was sent a moment ago counts as held before the engine tells. Whoever is overloaded is passed over, whatever it
 * holds, and much earlier for a beginning that many prompts share, as with `cache_aware`.
 *
 * Where a prompt's tokens could not be had, or no engine has told of any block, texts are compared as `cache_aware` does.
 */
export class KvAwarePolicy implements Policy {
  readonly wantsTokens = true;
  private readonly index: BlockIndex;
  private readonly byText: CacheAwarePolicy;
  private readonly roster = new Roster((id) => new Holder(id));
  private readonly sessions: Sessions<Holder>;
  /** What a block is worth by the set of tiers where it lies. */
  private readonly worth: readonly number[];

  constructor(
    private readonly tools: PolicyTools,
    private readonly options: KvAwareOptions,
  ) {
    const { blockIndex, affinityMaxIdle: maxIdle } = options;
    this.index = blockIndex ?? new BlockIndex();
    this.byText = new CacheAwarePolicy(options);
    this.worth = worthOf([1, options.hostCredit, options.externalCredit, options.diskCredit]);
    this.sessions = new Sessions({ maxIdle, ended: () => undefined }, () => tools.now());
  }

  choose(candidates: readonly Candidate[], request: RequestFeatures): Choice {
    const { prompt, explain } = request;
    this.roster.meet(candidates);
    const key = this.sessionOf(request);
    const estimates =
      prompt && this.hasEvents(candidates) ? this.estimate(candidates, prompt) : undefined;
    const choice =
      this.atHome(candidates, key, estimates) ??
      (estimates ? this.cheapest(candidates, estimates) : this.likeliest(candidates, request));
    if (key) this.sessions.set(key, this.roster.candidates[choice.index]!);
    if (prompt) this.expect(prompt, choice.index);
    const scores = explain && estimates ? { scores: estimates.map(({ cost }) => -cost) } : {};
    return { ...choice, ...scores };
  }

  removed(id: string): void {
    this.roster.remove(id);
    this.byText.removed(id);
  }

  sizes(): ReadonlyMap<string, number> {
    return this.byText.sizes();
  }

  sessionEnded(key: string): void {
    this.sessions.end(hashText(key));
  }

  tidy(): void {
    this.sessions.tidy();
    this.byText.tidy();
    for (const { expected } of this.roster.all()) expected.tidy(this.tools.now());
  }

  private sessionOf({ sessionKey }: RequestFeatures): SessionKey | undefined {
    if (sessionKey === undefined || this.options.affinityMaxIdle <= 0) return undefined;
    return { hash: hashText(sessionKey), isSession: true };
  }

  private atHome(
    candidates: readonly Candidate[],
    key: SessionKey | undefined,
    estimates: readonly Estimate[] | undefined,
  ): Choice | undefined {
    const home = key && this.sessions.get(key);
    const index = home ? this.roster.indexOf(home) : -1;
    if (index < 0 || new Overload(candidates, this.options).has(index)) return undefined;
    const holdsNothing = estimates && estimates[index]!.held.credit === 0;
    return { index, reason: holdsNothing ? 'session, nothing is held' : 'session' };
  }

  /** Without tokens, or anything to compare them with. */
  private likeliest(candidates: readonly Candidate[], request: RequestFeatures): Choice {
    const choice = this.byText.choose(candidates, request);
    const reason = choice.reason.startsWith(PREFIX)
      ? `prefix of its text${choice.reason.slice(PREFIX.length)}`
      : `${request.prompt ? 'no KV events' : 'no tokens'}, ${choice.reason}`;
    return { ...choice, reason };
  }

  private hasEvents(candidates: readonly Candidate[]): boolean {
    return candidates.some(({ id }) => this.index.of(id).some(({ count }) => count > 0));
  }

  private cheapest(candidates: readonly Candidate[], estimates: readonly Estimate[]): Choice {
    const overload = new Overload(candidates, this.options);
    const { balanceSharedThreshold } = this.options;
    const isOver = estimates.map(({ held }, i) =>
      overload.has(i, held.isShared ? balanceSharedThreshold : Infinity),
    );
    const best = lowest(candidates, (_, i) => estimates[i]!.cost);
    const costs = estimates.map(({ cost }, i) => (isOver[i] ? NaN : cost));
    const least = lowest(candidates, (_, i) => costs[i]!);
    const index = softmax(costs, least, this.options.temperature, this.tools);
    if (estimates[index]!.held.credit > 0) {
      return { index, reason: isOver[best] ? 'prefix, longest is overloaded' : 'prefix' };
    }
    return { index, reason: isOver[best] ? 'least load, prefix is overloaded' : 'least load' };
  }

  private estimate(candidates: readonly Candidate[], prompt: PromptTokens): Estimate[] {
    const lora = this.loraOf(prompt);
    const now = this.tools.now();
    return candidates.map(({ id, load }, i) => {
      const { expected } = this.roster.candidates[i]!;
      let held = NOTHING_HELD;
      for (const cache of this.index.of(id)) {
        const chain = prompt.chain(cache.blockSize, lora);
        const one = heldPrefix(chain, cache, this.worth, { expected, now });
        if (one.credit > held.credit) held = one;
      }
      return { held, cost: Math.max(0, prompt.count - held.credit) + load };
    });
  }

  /** What it will hold soon of a prompt that it is sent. */
  private expect(prompt: PromptTokens, index: number): void {
    const { id, expected } = this.roster.candidates[index]!;
    const [cache] = this.index.of(id);
    if (!cache) return;
    const chain = prompt.chain(cache.blockSize, this.loraOf(prompt));
    const first = chain.findIndex((hash) => cache.tiersOf(hash) === 0);
    if (first >= 0) expected.add(chain, first, this.tools.now());
  }

  private loraOf({ model }: PromptTokens): string {
    return this.index.isAdapter(model) ? model : '';
  }
}

interface SessionKey {
  readonly hash: number;
  readonly isSession: true;
}

/** @param credits of each tier @returns by set of tiers what the best of them is worth */
function worthOf(credits: readonly number[]): number[] {
  return Array.from({ length: 1 << credits.length }, (_, tiers) =>
    Math.max(0, ...credits.filter((_credit, tier) => (tiers & (1 << tier)) !== 0)),
  );
}

const defaults: KvAwareOptions = {
  ...cacheAware.defaults,
  blockIndex: undefined,
  temperature: 0,
  hostCredit: 0.8,
  externalCredit: 0.6,
  diskCredit: 0.3,
  affinityMaxIdle: 0,
};

export const kvAware = definePolicy({
  name: 'kv_aware',
  aliases: [],
  defaults,
  create: (tools, options) => new KvAwarePolicy(tools, options),
});
