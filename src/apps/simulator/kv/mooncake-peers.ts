import { setTimeout as sleep } from 'node:timers/promises';
import { GenerationError } from '../engine/engine-error.js';
import type { BlockContent } from './held-blocks.js';
import type { TransferDecode } from './transfer-request.js';

/** vLLM asks a bootstrap server that cannot be reached three times. */
const BOOTSTRAP_ATTEMPTS = 3;
const RETRY_MS = 100;

/** What a bootstrap server says of one engine. */
interface EngineEntry {
  readonly engine_id: string;
  readonly worker_addr: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

/**
 * The prefillers that a decoder knows.
 *
 * An engine id that was once found is believed for ever, as vLLM does: one of a prefiller that has been restarted leads to a
 * worker that is gone, and its request waits until its patience ends.
 */
export class MooncakePeers {
  private readonly workers = new Map<string, string>();

  /** @param patience milliseconds that a decode waits for its KV */
  constructor(private readonly patience: number) {}

  /** @throws GenerationError when nothing comes; the signal's reason */
  async fetch(
    { id, bootstrap, engineId }: TransferDecode,
    signal: AbortSignal,
  ): Promise<BlockContent> {
    if (!this.workers.has(engineId)) await this.ask(bootstrap, signal);
    const worker = this.workers.get(engineId);
    if (worker === undefined) {
      throw new GenerationError(`remote engine_id ${engineId} not found from ${bootstrap}`);
    }
    const until = performance.now() + this.patience;
    // Messages to a worker that is not there wait for it.
    while (performance.now() < until) {
      const answer = await reach(worker, { method: 'POST', body: id, signal });
      if (answer?.ok) return (await answer.json()) as BlockContent;
      if (answer) throw new GenerationError(`transfer ${id}: ${await answer.text()}`);
      await sleep(RETRY_MS, undefined, { signal });
    }
    throw new GenerationError(`no KV from ${worker} of engine ${engineId}`);
  }

  private async ask(bootstrap: string, signal: AbortSignal): Promise<void> {
    for (let attempt = 1; attempt <= BOOTSTRAP_ATTEMPTS; attempt++) {
      const answer = await reach(`${bootstrap}/query`, { signal });
      if (answer) return this.learn((await answer.json()) as Readonly<Record<string, EngineEntry>>);
      await sleep(RETRY_MS, undefined, { signal });
    }
    throw new GenerationError(`no bootstrap server at ${bootstrap}`);
  }

  private learn(engines: Readonly<Record<string, EngineEntry>>): void {
    for (const { engine_id, worker_addr } of Object.values(engines)) {
      const worker = worker_addr['0']!['0']!;
      this.workers.set(engine_id, worker.replace(/^tcp:/, 'http:'));
    }
  }
}

/** @returns undefined when nobody answers @throws the signal's reason */
async function reach(
  url: string,
  { signal, ...options }: RequestInit & { signal: AbortSignal },
): Promise<Response | undefined> {
  try {
    return await fetch(url, { ...options, signal, redirect: 'manual' });
  } catch (error) {
    if (signal.aborted) throw error;
    return undefined;
  }
}
