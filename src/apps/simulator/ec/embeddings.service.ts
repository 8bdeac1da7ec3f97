import { createHash } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { Injectable } from '@nestjs/common';
import { Logger } from '../../../logging/logger.js';
import { ApiError } from '../http/api-error.js';
import { KvServer } from '../kv/kv-server.js';
import { SimulatorOptions } from '../simulator.options.js';

/** A row of an embedding in bytes, as a model of a width of 1,024 has it in two bytes a number. */
const ROW_BYTES = 2048;

/** `ec_transfer_params`, by the hash of an item. */
export type EcTransferParams = Readonly<Record<string, unknown>>;

/**
 * The encoder cache: what an encoder computed for items that are no text, kept for the engines that compute prompts.
 *
 * With a folder that all engines share it looks like vLLM's ECExampleConnector, else like its ECCPUConnector with NIXL,
 * whose consumers fetch from where `ec_transfer_params` says.
 */
@Injectable()
export class Embeddings {
  private readonly cache = new Map<string, string>();
  private port = 0;
  private readonly server = new KvServer((request, response) => this.reply(request, response));

  constructor(
    private readonly options: SimulatorOptions,
    private readonly logger: Logger,
  ) {}

  get isProducer(): boolean {
    return this.options.config.ecRole === 'producer';
  }

  get isConsumer(): boolean {
    return this.options.config.ecRole === 'consumer';
  }

  /** @returns the port that consumers fetch from @throws ListenError */
  async listen(): Promise<number> {
    const { ecSideChannelPort, sideChannelHost } = this.options.config;
    this.port = await this.server.listen(ecSideChannelPort, sideChannelHost);
    return this.port;
  }

  close(): Promise<void> {
    return this.server.close();
  }

  /** Computes an item's embedding and keeps it. @returns what tells consumers of it */
  async encode(hash: string): Promise<EcTransferParams> {
    const { ecSharedStoragePath, sideChannelHost } = this.options.config;
    const embedding = this.embeddingOf(hash);
    const known = { item_indices: [0], metadata: {} };
    this.logger.info('item encoded', { item: hash });
    if (ecSharedStoragePath !== undefined) {
      await mkdir(join(ecSharedStoragePath, hash), { recursive: true });
      await writeFile(fileIn(ecSharedStoragePath, hash), embedding);
      return { [hash]: known };
    }
    this.cache.set(hash, embedding);
    const place = { peer_host: sideChannelHost, peer_port: this.port };
    return { [hash]: { ...known, ...place, size_bytes: ROW_BYTES, shape: [1, ROW_BYTES / 2] } };
  }

  /**
   * Gets the embeddings of a prompt's items.
   *
   * @throws ApiError 400 when one cannot be had: unlike vLLM, which would encode the item itself and hide that nobody did
   */
  async fetch(
    hashes: readonly string[],
    params: EcTransferParams | undefined,
    signal: AbortSignal,
  ): Promise<void> {
    for (const hash of hashes) {
      if (this.cache.has(hash)) continue;
      const embedding = await this.read(hash, params, signal);
      if (embedding !== this.embeddingOf(hash)) {
        const what = embedding === undefined ? 'was not encoded' : 'has the embedding of another';
        throw ApiError.badRequest(`The item ${hash} ${what}.`, 'ec_transfer_params');
      }
      this.cache.set(hash, embedding);
      this.logger.info('embedding fetched', { item: hash });
    }
  }

  private async read(
    hash: string,
    params: EcTransferParams | undefined,
    signal: AbortSignal,
  ): Promise<string | undefined> {
    const { ecSharedStoragePath } = this.options.config;
    try {
      if (ecSharedStoragePath !== undefined) {
        return await readFile(fileIn(ecSharedStoragePath, hash), 'utf8');
      }
      const place = params?.[hash] as { peer_host?: unknown; peer_port?: unknown } | undefined;
      if (!place) return undefined;
      const url = `http://${String(place.peer_host)}:${String(place.peer_port)}/embeddings/${hash}`;
      const answer = await fetch(url, { signal });
      const text = await answer.text();
      return answer.ok ? text : undefined;
    } catch (error) {
      if (signal.aborted) throw error;
      return undefined;
    }
  }

  private reply(request: IncomingMessage, response: ServerResponse): void {
    const embedding = this.cache.get(request.url!.slice('/embeddings/'.length));
    request.resume();
    response.writeHead(embedding === undefined ? 404 : 200).end(embedding);
  }

  /** Engines of different models have no use for each other's. */
  private embeddingOf(hash: string): string {
    return createHash('sha256').update(`${this.options.config.model} ${hash}`).digest('hex');
  }
}

/** Where vLLM's connector keeps it. */
function fileIn(folder: string, hash: string): string {
  return join(folder, hash, 'encoder_cache.safetensors');
}
