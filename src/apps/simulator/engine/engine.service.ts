import { setTimeout as sleep } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { Logger } from '../../../logging/logger.js';
import { HandOver } from '../kv/hand-over.service.js';
import { KvEvents } from '../kv/kv-events.service.js';
import { Peers } from '../kv/peers.service.js';
import { Mooncake } from '../kv/mooncake.service.js';
import { Moriio } from '../kv/moriio.service.js';
import { Rooms } from '../kv/rooms.service.js';
import { SharedStorage } from '../kv/shared-storage.js';
import { MalformedParams, pullTargetOf, type PullTarget } from '../kv/transfer-params.js';
import { SimulatorOptions } from '../simulator.options.js';
import { AnswerText } from './answer-text.js';
import { DecodeLoop } from './decode-loop.js';
import { AbortedError, EngineDeadError, GenerationError } from './engine-error.js';
import { EngineMetrics } from './engine-metrics.js';
import type { Generation, GenerationRequest, TokenListener } from './generation.js';
import { PrefixCache } from './prefix-cache.js';
import { RunningSequence } from './running-sequence.js';
import { Slots } from './slots.js';

/** What stands in the cache before decoding begins. */
interface Prefilled {
  readonly kv: number;
  readonly cachedTokens: number;
  readonly pulled: boolean;
}

/** Looks like vLLM's engine: queue, prefill or pull of KV, then a token a step. */
@Injectable()
export class Engine {
  readonly metrics = new EngineMetrics();
  readonly handOver: HandOver;
  readonly rooms: Rooms;
  readonly peers: Peers;
  readonly mooncake: Mooncake;
  readonly moriio: Moriio;
  readonly kvEvents: KvEvents;
  private readonly storage: SharedStorage;
  private readonly slots: Slots;
  private readonly cache: PrefixCache;
  private readonly loop: DecodeLoop;
  private isDead = false;
  /** Requests that wait for KV: vLLM counts them as waiting. */
  private pulling = 0;
  private runningBlocks = 0;

  constructor(
    private readonly options: SimulatorOptions,
    private readonly logger: Logger,
  ) {
    const { config } = options;
    this.handOver = new HandOver(config, this.metrics, logger);
    this.rooms = new Rooms(config.kvLeaseDuration);
    this.mooncake = new Mooncake(config, this.handOver.engineId, this.metrics);
    this.moriio = new Moriio(config, this.metrics, logger);
    this.storage = new SharedStorage(config.sharedStoragePath);
    this.kvEvents = new KvEvents(config.kvEventsConfig, config.blockSize);
    this.slots = new Slots(config.maxNumSeqs);
    this.cache = new PrefixCache(config.blockSize, config.numGpuBlocks, this.kvEvents);
    this.loop = new DecodeLoop(config.interTokenLatency);
    this.peers = new Peers(config, this.cache, this.metrics, logger);
  }

  /** False once malformed hand-over parameters have killed the engine. */
  get isAlive(): boolean {
    return !this.isDead;
  }

  /** @returns metrics in Prometheus' text format */
  exposeMetrics(): string {
    const { config } = this.options;
    const held = [this.handOver, this.mooncake, this.moriio].map(({ heldBlocks }) => heldBlocks);
    const used = held.reduce((sum, blocks) => sum + blocks, this.runningBlocks);
    return this.metrics.expose(config, {
      running: this.slots.running,
      waiting: this.slots.waiting + this.pulling,
      kvCacheUsage: Math.min(1, used / config.numGpuBlocks),
    });
  }

  /** Forgets the KV of all prompts that are not being answered. */
  resetPrefixCache(): void {
    this.cache.clear();
  }

  async close(): Promise<void> {
    this.loop.close();
    await this.handOver.close();
    await this.rooms.close();
    await this.peers.close();
    await this.mooncake.close();
    await this.moriio.close();
    await this.kvEvents.close();
  }

  /**
   * Runs one sequence to its end.
   *
   * @throws GenerationError, EngineDeadError as vLLM does; AbortedError when the client leaves
   */
  async generate(request: GenerationRequest, onToken: TokenListener): Promise<Generation> {
    if (this.isDead) throw new EngineDeadError();
    const begun = performance.now();
    try {
      const generation = await this.meet(request, () => this.run(request, begun, onToken));
      if (generation.finishReason !== 'cache_threshold') {
        this.metrics.finished[generation.finishReason]++;
      }
      this.metrics.endToEnd.observe((performance.now() - begun) / 1000);
      this.logger.info('request finished', {
        request: request.id,
        reason: generation.finishReason,
        durationMs: Math.round(performance.now() - begun),
      });
      return generation;
    } catch (error) {
      throw this.failed(request, error instanceof MalformedParams ? this.die(error) : error);
    }
  }

  /** In a room a prefill lasts until its KV was fetched; with Mooncake its KV is held. */
  private meet(request: GenerationRequest, run: () => Promise<Generation>): Promise<Generation> {
    const { meeting, transfer, prompt, signal } = request;
    if (transfer?.side === 'prefill') return this.mooncake.prefill(transfer.id, request, run);
    if (request.moriio) return this.moriio.prefill(request, run);
    if (!meeting || this.options.config.role !== 'prefill') return run();
    return this.rooms.prefill(meeting, prompt, signal, run);
  }

  private async run(
    request: GenerationRequest,
    begun: number,
    onToken: TokenListener,
  ): Promise<Generation> {
    const target = await this.pullTarget(request);
    const pulled = target ? await this.pull(request, target) : await this.fetch(request);
    if (!pulled) await this.peers.pull(request);
    if (!pulled && (await this.refuses(request))) return refusal(onToken);
    await this.slots.acquire(request.signal);
    const blocks = Math.ceil(request.prompt.tokens / this.options.config.blockSize);
    this.runningBlocks += blocks;
    try {
      const prefilled = pulled ?? (await this.prefill(request));
      this.peers.offer(request);
      this.metrics.promptTokens += request.prompt.tokens;
      this.metrics.timeToFirstToken.observe((performance.now() - begun) / 1000);
      return await this.decode(request, prefilled, onToken);
    } finally {
      this.runningBlocks -= blocks;
      this.slots.release();
    }
  }

  private async pull(request: GenerationRequest, target: PullTarget): Promise<Prefilled> {
    this.pulling++;
    try {
      const kv = await this.handOver.pull(request, target);
      const local = this.cache.read(request.prompt);
      return { kv, cachedTokens: target.cachedTokens ?? local, pulled: true };
    } finally {
      this.pulling--;
    }
  }

  /** What is prefilled in the room, by the peer or under the transfer id that the request names. */
  private async fetch(request: GenerationRequest): Promise<Prefilled | undefined> {
    const { prompt } = request;
    this.pulling++;
    try {
      const kv =
        (await this.fetchFromRoom(request)) ??
        (await this.peers.fetch(request)) ??
        (await this.mooncake.fetch(request)) ??
        (await this.moriio.fetch(request));
      return kv === undefined
        ? undefined
        : { kv, cachedTokens: this.cache.read(prompt), pulled: true };
    } finally {
      this.pulling--;
    }
  }

  private async fetchFromRoom(request: GenerationRequest): Promise<number | undefined> {
    const { meeting, prompt, signal } = request;
    if (!meeting || this.options.config.role !== 'decode') return undefined;
    return this.rooms.fetch(meeting, prompt, signal);
  }

  /** Whether less of the prompt is cached, here or in shared storage, than the request asks for. */
  private async refuses({ prompt, cacheHitThreshold = 0 }: GenerationRequest): Promise<boolean> {
    if (this.cache.peek(prompt) >= cacheHitThreshold * prompt.tokens) return false;
    return !(await this.storage.has(prompt));
  }

  private async prefill(request: GenerationRequest): Promise<Prefilled> {
    const { prompt, signal } = request;
    const { timeToFirstToken, prefillTokensPerSecond, kvTransferTime } = this.options.config;
    if (await this.storage.has(prompt)) {
      await sleep(kvTransferTime, undefined, { signal });
      return { kv: prompt.kv, cachedTokens: this.cache.read(prompt), pulled: true };
    }
    await request.embed?.();
    const cachedTokens = this.cache.read(prompt);
    this.metrics.prefixCacheQueries += prompt.tokens;
    this.metrics.prefixCacheHits += cachedTokens;
    const perToken = prefillTokensPerSecond > 0 ? 1000 / prefillTokensPerSecond : 0;
    const time = timeToFirstToken + (prompt.tokens - cachedTokens) * perToken;
    if (time > 0) await sleep(time, undefined, { signal });
    await this.storage.keep(prompt);
    return { kv: prompt.kv, cachedTokens, pulled: false };
  }

  private async decode(
    request: GenerationRequest,
    prefilled: Prefilled,
    onToken: TokenListener,
  ): Promise<Generation> {
    const { maxModelLen } = this.options.config;
    const text = new AnswerText(prefilled.kv, request.seed, request.prompt.print());
    const room = maxModelLen - request.prompt.tokens;
    const sequence = new RunningSequence(
      request,
      text,
      prefilled.kv,
      Math.max(1, room),
      (token, end) => {
        this.metrics.generationTokens++;
        onToken(token, end);
      },
    );
    const ended = await sequence.run(this.loop);
    const offered = request.kvTransferParams?.['do_remote_decode'] === true;
    const tokens = request.prompt.tokens + ended.tokens - 1;
    // vLLM tells of its cache hits only when the prefill and the end fall in one step.
    const cached = ended.tokens === 1 ? prefilled.cachedTokens : undefined;
    return {
      finishReason: ended.finishReason,
      stopReason: ended.stopReason,
      cachedTokens: prefilled.cachedTokens,
      kvTransferParams: offered ? { ...this.handOver.offer(request, tokens, cached) } : null,
    };
  }

  private async pullTarget(request: GenerationRequest): Promise<PullTarget | undefined> {
    const blocks = Math.ceil(request.prompt.tokens / this.options.config.blockSize);
    try {
      return pullTargetOf(request.kvTransferParams, blocks);
    } catch (error) {
      if (!(error instanceof MalformedParams)) throw error;
      this.logger.error('malformed kv_transfer_params', { request: request.id, error });
      if (error.diesAt === 'abort') await untilAborted(request.signal);
      throw this.die(error);
    }
  }

  private die(cause: Error): EngineDeadError {
    this.isDead = true;
    this.logger.error('the engine core is dead', { cause: cause.message });
    this.options.onEngineDeath?.();
    return new EngineDeadError();
  }

  private failed(request: GenerationRequest, error: unknown): unknown {
    if (request.signal.aborted) {
      this.metrics.finished.abort++;
      this.logger.info('request aborted', { request: request.id });
      return new AbortedError();
    }
    this.metrics.finished.error++;
    const detail = error instanceof GenerationError ? error.detail : String(error);
    this.logger.error('request failed', { request: request.id, detail });
    return error;
  }
}

async function untilAborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise((resolve) => {
    signal.addEventListener('abort', resolve, { once: true });
  });
}

/** An answer without text that says why. */
function refusal(onToken: TokenListener): Generation {
  const end = { finishReason: 'cache_threshold', stopReason: null } as const;
  onToken({ text: '', id: 0 }, end);
  return { ...end, cachedTokens: 0, kvTransferParams: null };
}
