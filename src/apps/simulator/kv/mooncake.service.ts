import type { IncomingMessage, ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import type { EngineMetrics } from '../engine/engine-metrics.js';
import { GenerationError } from '../engine/engine-error.js';
import type { Generation, GenerationRequest } from '../engine/generation.js';
import type { SimulatorConfig } from '../simulator.settings.js';
import { HeldBlocks, type BlockContent } from './held-blocks.js';
import { KvServer } from './kv-server.js';
import { MooncakePeers } from './mooncake-peers.js';
import { patiently } from './patiently.js';

/** One hand-over; whoever comes first makes it. */
class Transfer {
  /** Settled once the prompt is prefilled; a prefill that fails leaves those who wait for it waiting. */
  readonly blocks = Promise.withResolvers<readonly number[]>();
  isPrefilled = false;
}

/**
 * Both sides of Mooncake's hand-over as vLLM has it: a prefill answers at once and its KV is held by the transfer id; a
 * decode finds the engine by its id at the bootstrap server, and waits there for the KV.
 */
export class Mooncake {
  private readonly transfers = new Map<string, Transfer>();
  private readonly held: HeldBlocks;
  private readonly peers: MooncakePeers;
  private readonly bootstrap = new KvServer((request, response) => this.query(request, response));
  private readonly worker = new KvServer((request, response) => {
    void this.reply(request, response);
  });
  private workerPort = 0;

  constructor(
    private readonly config: SimulatorConfig,
    private readonly engineId: string,
    private readonly metrics: EngineMetrics,
  ) {
    this.peers = new MooncakePeers(config.kvLeaseDuration);
    this.held = new HeldBlocks(config.blockSize, config.kvLeaseDuration, (id) => {
      metrics.expiredRequests++;
      this.transfers.delete(id);
    });
  }

  get heldBlocks(): number {
    return this.held.size;
  }

  /** A decoder has none. @returns the port of the bootstrap server, 0 where there is none @throws ListenError */
  async listen(): Promise<number> {
    const { kvConnector, role, mooncakeBootstrapPort, sideChannelHost } = this.config;
    if (kvConnector !== 'mooncake' || role === 'decode') return 0;
    this.workerPort = await this.worker.listen(0, sideChannelHost);
    return this.bootstrap.listen(mooncakeBootstrapPort, sideChannelHost);
  }

  async close(): Promise<void> {
    this.held.close();
    await Promise.all([this.bootstrap.close(), this.worker.close()]);
  }

  /**
   * Prefills, and holds the KV when the engine came to its limit, also where a stop string is found at that: any other end
   * frees it, and its decode waits in vain.
   *
   * @throws GenerationError when this transfer id has been prefilled and waits; what `work` throws
   */
  async prefill(
    id: string,
    { prompt, maxTokens }: GenerationRequest,
    work: () => Promise<Generation>,
  ): Promise<Generation> {
    const transfer = this.enter(id);
    if (transfer.isPrefilled) throw new GenerationError(`transfer ${id} is taken`);
    transfer.isPrefilled = true;
    let done: Generation | undefined;
    try {
      done = await work();
      return done;
    } finally {
      const isWhole = done?.finishReason === 'length' || (done && maxTokens === 1);
      if (isWhole) transfer.blocks.resolve(this.held.hold(id, prompt));
      else this.transfers.delete(id);
    }
  }

  /**
   * Fetches a prompt's KV from the prefiller of that engine id.
   *
   * @returns its fingerprint; undefined when the request is no decode of a transfer
   * @throws GenerationError when it cannot be had or is another prompt's; the signal's reason
   */
  async fetch({ transfer, prompt, signal }: GenerationRequest): Promise<number | undefined> {
    if (transfer?.side !== 'decode') return undefined;
    this.metrics.externalCacheQueries += prompt.tokens;
    try {
      const { kv } = await this.peers.fetch(transfer, signal);
      if (kv !== prompt.kv && (kv === undefined || this.config.kvMismatch === 'fail')) {
        throw new GenerationError(`transfer ${transfer.id} holds another prompt`);
      }
      this.metrics.externalCacheHits += prompt.tokens;
      return kv;
    } catch (error) {
      if (!signal.aborted) this.metrics.failedTransfers++;
      throw error;
    }
  }

  /** `GET /query`: engines by data-parallel rank, with a worker for each tensor and pipeline rank. */
  private query({ method, url }: IncomingMessage, response: ServerResponse): void {
    const known = method === 'GET' && url === '/query';
    const address = `tcp://${this.config.sideChannelHost}:${this.workerPort}`;
    const engine = { engine_id: this.engineId, worker_addr: { 0: { 0: address } } };
    response
      .writeHead(known ? 200 : 404, { 'content-type': 'application/json' })
      .end(JSON.stringify(known ? { 0: engine } : { detail: 'Not Found' }));
  }

  private async reply(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const id = await text(request);
    const transfer = this.enter(id);
    const left = new AbortController();
    response.once('close', () => left.abort());
    try {
      const { kvLeaseDuration } = this.config;
      const otherwise = 'Timeout waiting for P side ready.';
      const ids = await patiently(transfer.blocks.promise, kvLeaseDuration, left.signal, otherwise);
      const content: BlockContent = this.held.fetch(id, ids);
      this.transfers.delete(id);
      response.end(JSON.stringify(content));
    } catch (error) {
      if (!transfer.isPrefilled) this.transfers.delete(id);
      response.writeHead(409).end(String(error));
    }
  }

  private enter(id: string): Transfer {
    const transfer = this.transfers.get(id) ?? new Transfer();
    this.transfers.set(id, transfer);
    return transfer;
  }
}
