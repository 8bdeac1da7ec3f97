import type { Clock } from './clock.js';
import { BLOCK_TOKENS, blocksOf, PrefixCache } from './prefix-cache.js';

/** Tokens a second that one prefill computes; prefills of an engine come one after the other. */
const PREFILL_RATE = 8000;
/** Milliseconds that a prefill takes at least. */
const PREFILL_MS = 4;
/** Milliseconds between tokens for one request alone, and for how many more requests that doubles. */
const TOKEN_MS = 12;
const DOUBLES_BY = 48;
const MOST_RUNNING = 128;
/** Blocks that are kept: 400,000 tokens. */
const CACHE_BLOCKS = 25_000;

interface Job {
  readonly blocks: readonly number[];
  readonly tokens: number;
  readonly output: number;
  readonly arrived: number;
  readonly done: () => void;
}

/** What an engine has done. */
export interface EngineFigures {
  requests: number;
  promptTokens: number;
  cachedTokens: number;
  /** Milliseconds of prefills, and of the tokens of answers. */
  workMs: number;
  /** Milliseconds that each request waited for its prefill to begin, and until its first token. */
  readonly waitMs: number[];
  readonly firstTokenMs: number[];
}

/**
 * An inference engine as a router sees it: prefills wait for each other, and take as long as what is not in the prefix
 * cache; answers run beside each other, the slower the more they are.
 */
export class EngineModel {
  readonly figures: EngineFigures = {
    requests: 0,
    promptTokens: 0,
    cachedTokens: 0,
    workMs: 0,
    waitMs: [],
    firstTokenMs: [],
  };
  private readonly cache = new PrefixCache(CACHE_BLOCKS);
  private readonly queue: Job[] = [];
  private isPrefilling = false;
  private running = 0;

  constructor(private readonly clock: Clock) {}

  /** @param output tokens of the answer @param done called when it is complete */
  submit(text: string, output: number, done: () => void): void {
    const blocks = blocksOf(text);
    const tokens = Math.ceil(text.length / 4);
    this.queue.push({ blocks, tokens, output, arrived: this.clock.now(), done });
    this.next();
  }

  private next(): void {
    if (this.isPrefilling || this.running >= MOST_RUNNING) return;
    const job = this.queue.shift();
    if (!job) return;
    this.isPrefilling = true;
    const { figures, clock } = this;
    const cached = Math.min(this.cache.known(job.blocks) * BLOCK_TOKENS, job.tokens - 1);
    const prefillMs = Math.max(PREFILL_MS, ((job.tokens - cached) / PREFILL_RATE) * 1000);
    figures.requests++;
    figures.promptTokens += job.tokens;
    figures.cachedTokens += cached;
    figures.waitMs.push(clock.now() - job.arrived);
    clock.after(prefillMs, () => {
      this.cache.use(job.blocks);
      this.isPrefilling = false;
      figures.firstTokenMs.push(clock.now() - job.arrived);
      figures.workMs += prefillMs;
      this.answer(job);
      this.next();
    });
  }

  private answer({ output, done }: Job): void {
    this.running++;
    const answerMs = output * TOKEN_MS * (1 + this.running / DOUBLES_BY);
    this.figures.workMs += (output * TOKEN_MS) / DOUBLES_BY;
    this.clock.after(answerMs, () => {
      this.running--;
      this.next();
      done();
    });
  }
}
