import type { IncomingMessage, ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { urlHost } from '../../../endpoint/ip.js';
import type { EngineMetrics } from '../engine/engine-metrics.js';
import { GenerationError } from '../engine/engine-error.js';
import type { GenerationRequest } from '../engine/generation.js';
import type { PrefixCache } from '../engine/prefix-cache.js';
import type { Logger } from '../../../logging/logger.js';
import type { SimulatorConfig } from '../simulator.settings.js';
import { HeldPrompts } from './held-prompts.js';
import { KvServer } from './kv-server.js';
import type { Peer } from './peer-params.js';

/**
 * The P2P tier of vLLM's OffloadingConnector, both sides: keeps prompts for their decoders, fetches what a prefiller
 * keeps, and shares the prefix cache with engines that ask for it.
 */
export class Peers {
  private readonly held: HeldPrompts;
  private readonly server = new KvServer((request, response) => {
    void this.reply(request, response);
  });

  constructor(
    private readonly config: SimulatorConfig,
    private readonly cache: PrefixCache,
    private readonly metrics: EngineMetrics,
    private readonly logger: Logger,
  ) {
    this.held = new HeldPrompts(config.p2pStoreTimeout, (request) => {
      metrics.expiredRequests++;
      logger.warn('KV expired before a peer fetched it', { request });
    });
  }

  /** @returns the port that peers fetch from @throws ListenError */
  listen(): Promise<number> {
    return this.server.listen(this.config.p2pConnectorPort, this.config.sideChannelHost);
  }

  close(): Promise<void> {
    this.held.close();
    return this.server.close();
  }

  /** Keeps a computed prompt for the decoder that the request announces. */
  offer({ id, peers, prompt }: GenerationRequest): void {
    if (peers?.decoder === undefined) return;
    this.held.hold(peers.decoder, prompt.kv);
    this.logger.info('prefill done, KV kept for a peer', { request: id, name: peers.decoder });
  }

  /**
   * Fetches a prompt's KV from where it is prefilled, waiting for it where that is not done.
   *
   * @returns its fingerprint; undefined when the request names no prefiller
   * @throws GenerationError when it cannot be had in time; the signal's reason
   */
  async fetch({ id, peers, prompt, signal }: GenerationRequest): Promise<number | undefined> {
    const prefiller = peers?.prefiller;
    if (!prefiller) return undefined;
    this.metrics.externalCacheQueries += prompt.tokens;
    const deadline = AbortSignal.timeout(this.config.p2pLoadTimeout);
    const query = { requestId: prefiller.requestId, kv: prompt.kv };
    try {
      await ask(prefiller, 'fetch', query, AbortSignal.any([signal, deadline]));
    } catch (error) {
      if (signal.aborted) throw error;
      this.metrics.failedTransfers++;
      throw new GenerationError(`no KV from ${labelOf(prefiller)}: ${String(error)}`);
    }
    this.metrics.externalCacheHits += prompt.tokens;
    // It lands in a tier of the cache: vLLM counts it as cached.
    this.cache.keep(prompt);
    this.logger.info('KV fetched from a peer', { request: id, from: labelOf(prefiller) });
    return prompt.kv;
  }

  /** Brings what a peer has of the prompt's beginning into the own cache; without it the prompt is computed here. */
  async pull({ id, peers, prompt, signal }: GenerationRequest): Promise<void> {
    const source = peers?.source;
    if (!source) return;
    const from = labelOf(source);
    this.metrics.externalCacheQueries += prompt.tokens;
    const deadline = AbortSignal.timeout(this.config.p2pLoadTimeout);
    try {
      const query = { blocks: prompt.blocks };
      const answer = await ask(source, 'lookup', query, AbortSignal.any([signal, deadline]));
      const blocks = Number(answer);
      this.cache.keep(prompt, Math.min(blocks, prompt.blocks.length));
      this.metrics.externalCacheHits += blocks * this.config.blockSize;
      this.logger.info('blocks pulled from a peer', { request: id, from, blocks });
    } catch (error) {
      if (signal.aborted) throw error;
      this.metrics.failedTransfers++;
      this.logger.warn('nothing to be had from a peer', { request: id, from, error });
    }
  }

  private async reply(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const left = new AbortController();
    response.once('close', () => left.abort());
    try {
      const query = JSON.parse(await text(request)) as Fetch & Lookup;
      if (request.url === '/lookup') {
        response.end(String(this.cache.count(query.blocks)));
        return;
      }
      const found = await this.held.fetch(query.requestId, query.kv, left.signal);
      if (!found) response.statusCode = 409;
      response.end(found ? '' : `another prompt is kept as ${query.requestId}`);
    } catch {
      response.destroy();
    }
  }
}

interface Fetch {
  readonly requestId: string;
  readonly kv: number;
}

interface Lookup {
  readonly blocks: readonly number[];
}

async function ask(
  peer: Peer,
  what: 'fetch' | 'lookup',
  query: Fetch | Lookup,
  signal: AbortSignal,
): Promise<string> {
  const body = JSON.stringify(query);
  const answer = await fetch(`http://${labelOf(peer)}/${what}`, { method: 'POST', body, signal });
  const said = await answer.text();
  if (!answer.ok) throw new Error(said);
  return said;
}

function labelOf({ host, port }: Peer): string {
  return `${urlHost(host)}:${port}`;
}
