import type { IncomingMessage, ServerResponse } from 'node:http';
import { json } from 'node:stream/consumers';
import { urlHost } from '../../../endpoint/ip.js';
import { GenerationError } from '../engine/engine-error.js';
import type { EngineMetrics } from '../engine/engine-metrics.js';
import type { Generation, GenerationRequest } from '../engine/generation.js';
import type { Logger } from '../../../logging/logger.js';
import type { SimulatorConfig } from '../simulator.settings.js';
import { HeldBlocks } from './held-blocks.js';
import { KvServer } from './kv-server.js';
import { moriioOf, podOf, type MoriioPeer } from './moriio-params.js';
import { patiently } from './patiently.js';

/** What engines tell each other at their notify ports. Ranks in `rank` are those of the pod that is told. */
type Notice =
  | {
      readonly type: 'remote_blocks';
      readonly transferId: string;
      readonly rank: number;
      /** Of the decoder, as all its pods count. */
      readonly decodeRank: number;
    }
  | {
      readonly type: 'write_done';
      readonly transferId: string;
      readonly rank: number;
      readonly kv: number;
    };

/** A prefill and the decoder that it writes to; whoever comes first makes it. */
interface Push {
  prefilled?: { readonly kv: number; readonly decoder: MoriioPeer };
  decodeRank?: number;
}

/** vLLM remembers so many transfers that are over, and ignores what still comes under their ids. */
const MAX_OVER = 4096;

/**
 * Both sides of MoRI-IO's hand-over in WRITE mode as vLLM has it: a decode tells the prefiller's rank that it has room, that
 * rank writes when it has prefilled, and the decode begins. A prefill is answered before its KV is written.
 */
export class Moriio {
  /** By rank within this pod and transfer id. */
  private readonly pushes = new Map<string, Push>();
  private readonly over = new Set<string>();
  private readonly written = new Map<string, PromiseWithResolvers<number>>();
  private readonly held: HeldBlocks;
  private readonly notify = new KvServer((request, response) => void this.told(request, response));
  private readonly handshake = new KvServer((_, response) => void response.end());
  private ports = { notify: 0, handshake: 0 };

  constructor(
    private readonly config: SimulatorConfig,
    private readonly metrics: EngineMetrics,
    private readonly logger: Logger,
  ) {
    this.held = new HeldBlocks(config.blockSize, config.kvLeaseDuration, (key) => {
      metrics.expiredRequests++;
      this.end(key);
    });
  }

  get heldBlocks(): number {
    return this.held.size;
  }

  /** @returns ports of what other engines talk to, 0 with another connector @throws ListenError */
  async listen(): Promise<{ readonly notify: number; readonly handshake: number }> {
    const { kvConnector, sideChannelHost, moriioNotifyPort, moriioHandshakePort } = this.config;
    if (kvConnector !== 'moriio') return this.ports;
    const notify = await this.notify.listen(moriioNotifyPort, sideChannelHost);
    const handshake = await this.handshake.listen(moriioHandshakePort, sideChannelHost);
    this.ports = { notify, handshake };
    return this.ports;
  }

  async close(): Promise<void> {
    this.held.close();
    await Promise.all([this.notify.close(), this.handshake.close()]);
  }

  /**
   * Prefills. When that ended by its limit the KV is written to the decoder, once that has said where to.
   *
   * @throws MalformedParams; GenerationError for a transfer id that was there before; what `work` throws
   */
  async prefill(request: GenerationRequest, work: () => Promise<Generation>): Promise<Generation> {
    const asked = moriioOf(request.moriio);
    if (asked?.side !== 'prefill') return work();
    const key = keyOf(request.rank, asked.id);
    const push = this.pushes.get(key) ?? {};
    if (push.prefilled || this.over.has(key)) {
      throw new GenerationError(`transfer ${asked.id} was there before: nothing would be written`);
    }
    this.pushes.set(key, push);
    let done: Generation | undefined;
    try {
      done = await work();
    } finally {
      if (done?.finishReason !== 'length') this.pushes.delete(key);
    }
    if (done.finishReason !== 'length') return done;
    const blockIds = this.held.hold(key, request.prompt);
    push.prefilled = { kv: request.prompt.kv, decoder: asked.decoder };
    void this.write(key, push);
    return { ...done, kvTransferParams: this.offer(asked.id, request.rank, blockIds) };
  }

  /**
   * Has a prefiller write a prompt's KV.
   *
   * @returns its fingerprint; undefined when the request is no decode of a transfer
   * @throws MalformedParams; GenerationError when it does not come or is another prompt's; the signal's reason
   */
  async fetch({ moriio, rank, prompt, signal }: GenerationRequest): Promise<number | undefined> {
    const asked = moriioOf(moriio);
    if (asked?.side !== 'decode') return undefined;
    this.metrics.externalCacheQueries += prompt.tokens;
    const written = Promise.withResolvers<number>();
    const key = keyOf(rank, asked.id);
    this.written.set(key, written);
    try {
      const decodeRank = this.config.dataParallelStartRank + rank;
      const target = podOf(asked.prefiller, asked.rank);
      if (asked.teller === undefined || asked.teller === decodeRank) {
        const notice = { type: 'remote_blocks', transferId: asked.id, rank: target.rank } as const;
        await tell(target.host, asked.prefiller.notifyPort, { ...notice, decodeRank });
      }
      const { kvLeaseDuration } = this.config;
      const otherwise = `nothing was written for transfer ${asked.id}`;
      const kv = await patiently(written.promise, kvLeaseDuration, signal, otherwise);
      if (kv !== prompt.kv) throw new GenerationError(`transfer ${asked.id} is another prompt's`);
      this.metrics.externalCacheHits += prompt.tokens;
      return kv;
    } catch (error) {
      if (!signal.aborted) this.metrics.failedTransfers++;
      throw error;
    } finally {
      this.written.delete(key);
    }
  }

  private async told(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const notice = (await json(request)) as Notice;
    response.end();
    const key = keyOf(notice.rank, notice.transferId);
    if (notice.type === 'write_done') return this.written.get(key)?.resolve(notice.kv);
    if (this.over.has(key)) return;
    const push = this.pushes.get(key) ?? {};
    this.pushes.set(key, push);
    push.decodeRank = notice.decodeRank;
    await this.write(key, push);
  }

  /** Once both sides have come. */
  private async write(key: string, { prefilled, decodeRank }: Push): Promise<void> {
    if (!prefilled || decodeRank === undefined || this.over.has(key)) return;
    const { decoder, kv } = prefilled;
    const { host, rank } = podOf(decoder, decodeRank);
    const transferId = key.slice(key.indexOf('/') + 1);
    this.end(key);
    this.held.release(key);
    try {
      await tell(host, decoder.handshakePort, {});
      await tell(host, decoder.notifyPort, { type: 'write_done', transferId, rank, kv });
    } catch (error) {
      this.metrics.failedTransfers++;
      this.logger.error('KV was not written', { transfer: transferId, error });
    }
  }

  private end(key: string): void {
    this.pushes.delete(key);
    this.over.add(key);
    for (const oldest of this.over) {
      if (this.over.size <= MAX_OVER) break;
      this.over.delete(oldest);
    }
  }

  private offer(
    id: string,
    rank: number,
    blockIds: readonly number[],
  ): Readonly<Record<string, unknown>> {
    const { dataParallelSize, dataParallelSizeLocal, dataParallelStartRank } = this.config;
    const host = this.config.sideChannelHost;
    return {
      do_remote_prefill: true,
      do_remote_decode: false,
      remote_block_ids: [blockIds],
      remote_engine_id: `${host}:${this.ports.handshake}`,
      remote_host: host,
      remote_handshake_port: String(this.ports.handshake),
      remote_notify_port: String(this.ports.notify),
      remote_dp_rank: dataParallelStartRank + rank,
      remote_dp_rank_override: true,
      remote_dp_size: dataParallelSize,
      remote_dp_size_local: dataParallelSizeLocal || dataParallelSize,
      tp_size: 1,
      transfer_id: id,
    };
  }
}

function keyOf(rank: number, id: string): string {
  return `${rank}/${id}`;
}

/** @throws GenerationError when nobody is there */
async function tell(host: string, port: number, notice: Notice | object): Promise<void> {
  const where = `${urlHost(host)}:${port}`;
  try {
    await fetch(`http://${where}`, { method: 'POST', body: JSON.stringify(notice) });
  } catch (error) {
    throw new GenerationError(`nobody is at ${where}: ${String(error)}`);
  }
}
