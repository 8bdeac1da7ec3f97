import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { EngineMetrics } from '../engine/engine-metrics.js';
import { GenerationError } from '../engine/engine-error.js';
import type { GenerationRequest } from '../engine/generation.js';
import type { Prompt } from '../engine/prompt.js';
import type { Logger } from '../../../logging/logger.js';
import type { SimulatorConfig } from '../simulator.settings.js';
import { HeldBlocks, type BlockContent } from './held-blocks.js';
import { SideChannelClient } from './side-channel.client.js';
import { SideChannelServer, type PullQuery } from './side-channel.server.js';
import type { HandOverParams, PullTarget } from './transfer-params.js';

/** Both sides of a KV hand-over: holds what was prefilled here, pulls what was prefilled elsewhere. */
export class HandOver {
  /** New at every start, as vLLM's: parameters of an earlier run are of no use. */
  readonly engineId = randomUUID();
  private readonly held: HeldBlocks;
  private readonly client = new SideChannelClient();
  private readonly server = new SideChannelServer((query) => this.answer(query));
  private port = 0;

  constructor(
    private readonly config: SimulatorConfig,
    private readonly metrics: EngineMetrics,
    private readonly logger: Logger,
  ) {
    this.held = new HeldBlocks(config.blockSize, config.kvLeaseDuration, (request) => {
      metrics.expiredRequests++;
      logger.warn('KV blocks expired before a decoder fetched them', { request });
    });
  }

  get heldBlocks(): number {
    return this.held.size;
  }

  /** @returns the port of the side channel */
  async listen(): Promise<number> {
    const { sideChannelHost, sideChannelPort } = this.config;
    this.port = await this.server.listen(sideChannelPort, sideChannelHost);
    return this.port;
  }

  async close(): Promise<void> {
    this.held.close();
    this.client.close();
    await this.server.close();
  }

  /** Keeps a finished prefill for its decoder. @returns what tells the decoder where to pull */
  offer(
    request: GenerationRequest,
    tokens: number,
    cachedTokens: number | undefined,
  ): HandOverParams {
    const blockIds = this.held.hold(request.id, request.prompt);
    this.logger.info('prefill done, KV held', { request: request.id, blocks: blockIds.length });
    return {
      do_remote_prefill: true,
      do_remote_decode: false,
      remote_block_ids: [blockIds],
      remote_engine_id: this.engineId,
      remote_request_id: request.id,
      remote_host: this.config.sideChannelHost,
      remote_port: this.port,
      tp_size: 1,
      dcp_size: 1,
      pp_size: 1,
      remote_num_tokens: tokens,
      remote_blocks_expiry_time: null,
      transfer_mode: 'pull',
      ...(cachedTokens !== undefined && { remote_prefill_cached_tokens: cachedTokens }),
    };
  }

  /**
   * Pulls a prompt's KV from where it was computed.
   *
   * @returns the fingerprint of what was read, which is the prompt's own unless `--kv-mismatch=garbage`
   * @throws GenerationError when it cannot be had or is not this prompt's
   */
  async pull(request: GenerationRequest, target: PullTarget): Promise<number> {
    const { prompt, signal } = request;
    const begun = performance.now();
    this.metrics.externalCacheQueries += prompt.tokens;
    try {
      const content = await this.client.pull(target, signal);
      await sleep(this.config.kvTransferTime, undefined, { signal });
      const kv = this.check(content, prompt, target);
      this.metrics.transferTime.observe((performance.now() - begun) / 1000);
      this.metrics.externalCacheHits += prompt.tokens;
      this.logger.info('KV pulled, decode starts', {
        request: request.id,
        from: `${target.host}:${target.port}`,
        engine: target.engineId,
        blocks: target.blockIds.length,
      });
      return kv;
    } catch (error) {
      if (!signal.aborted) this.metrics.failedTransfers++;
      throw error;
    }
  }

  private check(content: BlockContent, prompt: Prompt, target: PullTarget): number {
    if (content.kv === prompt.kv) return prompt.kv;
    const what = content.kv === undefined ? 'are free: used or expired' : 'hold another prompt';
    const detail = `the blocks of ${target.requestId} ${what}`;
    if (this.config.kvMismatch === 'fail') throw new GenerationError(detail);
    this.logger.error('KV is garbage, the answer will be too', { detail });
    return content.kv ?? target.blockIds.reduce((sum, id) => sum * 31 + id, 7);
  }

  private answer({ engineId, requestId, blockIds }: PullQuery): BlockContent | undefined {
    if (engineId !== this.engineId) return undefined;
    const content = this.held.fetch(requestId, blockIds);
    if (content.isKnownRequest) {
      this.logger.info('KV fetched, blocks freed', { request: requestId });
    } else {
      this.metrics.notificationsAfterExpiry++;
      this.logger.error(
        'potentially invalid KV blocks were retrieved for an unrecognized request',
        {
          request: requestId,
        },
      );
    }
    return content;
  }
}
