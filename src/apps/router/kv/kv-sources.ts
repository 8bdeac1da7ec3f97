import { askEndpoint } from '../../../fleet/ask-endpoint.js';
import type { Endpoint } from '../../../fleet/endpoint.js';
import type { Fleet } from '../../../fleet/fleet.js';
import type { BlockIndex } from '../../../kv-events/block-index.js';
import { EventSource } from '../../../kv-events/event-source.js';
import type { WorkerBlocks } from '../../../kv-events/worker-blocks.js';
import type { Logger } from '../../../logging/logger.js';
import type { KvMetrics } from '../../../metrics/kv.metrics.js';
import { parseZmqEndpoint } from '../../../zmq/zmq-endpoint.js';
import { advertisedSources } from './advertised-sources.js';
import type { KvSource, KvSourceMap } from './kv-source-flags.js';

export interface KvSourcesOptions {
  readonly index: BlockIndex;
  readonly metrics: KvMetrics;
  readonly logger: Logger;
  /** Those that the operator named. */
  readonly named: KvSourceMap;
  /** Whether what an endpoint holds matters to the policy that chooses it. */
  readonly matters: (endpoint: Endpoint) => boolean;
}

/** How a worker that was added later names its publisher. */
const LABEL = 'kv_events_endpoint';
const REPLAY_LABEL = 'kv_events_replay_endpoint';
const TIMEOUT_MS = 5000;
const FIRST_RETRY_MS = 1000;
const LONGEST_RETRY_MS = 60_000;

/** One server: its subscriptions, or the question for where to subscribe. */
interface Followed {
  readonly stop: AbortController;
  readonly sources: { readonly source: EventSource; readonly blocks: WorkerBlocks }[];
}

/** Follows the KV events of every server whose cache matters, from when it is ready until it leaves. */
export class KvSources {
  private readonly followed = new Map<string, Followed>();

  constructor(
    private readonly fleet: Fleet,
    private readonly options: KvSourcesOptions,
  ) {
    fleet.listen({
      statusChanged: (endpoint) => this.look(endpoint),
      updated: (endpoint) => this.look(endpoint),
      removed: ({ spec }) => this.end(spec.address.url),
    });
    options.metrics.indexed = () => this.counts();
  }

  /** What matters is something else now: servers that do not any more are followed on. */
  lookAgain(): void {
    for (const endpoint of this.fleet.all) this.look(endpoint);
  }

  stop(): void {
    for (const [url, followed] of [...this.followed]) this.close(url, followed);
  }

  /** Called whenever something changed; follows a server once. */
  private look(endpoint: Endpoint): void {
    const { url } = endpoint.spec.address;
    if (!endpoint.isReady || endpoint.spec.external || !this.options.matters(endpoint)) return;
    const said = this.options.named.get(url) ?? labelled(endpoint);
    const known = this.followed.get(url);
    // Still asked for, and a label says it now.
    if (known && said && known.sources.length === 0) this.close(url, known);
    else if (known) return;
    const followed: Followed = { stop: new AbortController(), sources: [] };
    this.followed.set(url, followed);
    if (said) this.subscribe(endpoint, followed, said);
    else void this.ask(endpoint, followed, FIRST_RETRY_MS);
  }

  private end(url: string): void {
    const followed = this.followed.get(url);
    if (!followed || this.fleet.find(url)) return;
    this.close(url, followed);
  }

  private close(url: string, { stop, sources }: Followed): void {
    this.followed.delete(url);
    stop.abort();
    for (const { source, blocks } of sources) {
      source.close();
      this.options.index.remove(blocks);
    }
  }

  private async ask(endpoint: Endpoint, followed: Followed, retry: number): Promise<void> {
    const { host } = endpoint.spec.address.target;
    const { signal: stopped } = followed.stop;
    const signal = AbortSignal.any([stopped, AbortSignal.timeout(TIMEOUT_MS)]);
    const answer = await askEndpoint(endpoint, '/kv_event_sources', signal).catch(() => undefined);
    if (stopped.aborted) return;
    const sources = advertisedSources(answer, host);
    if (sources) return this.subscribe(endpoint, followed, sources);
    if (retry === FIRST_RETRY_MS) {
      this.options.logger.warn('a worker names no KV events: it counts as one that holds nothing', {
        worker: endpoint.id,
        mend: "start it with vLLM's --kv-events-config, or name them with --kv-event-source",
      });
    }
    const again = (): void => void this.ask(endpoint, followed, retry * 2);
    const timer = setTimeout(again, Math.min(retry, LONGEST_RETRY_MS)).unref();
    stopped.addEventListener('abort', () => clearTimeout(timer), { once: true });
  }

  private subscribe(
    { id, ranks, spec }: Endpoint,
    { sources }: Followed,
    said: readonly KvSource[],
  ): void {
    const { index, metrics, logger } = this.options;
    const { url } = spec.address;
    for (const [rank, { endpoint, replayEndpoint }] of said.entries()) {
      // Where ranks are no endpoints of their own the server chooses among them, and any may hold a prompt.
      const blocks = index.add(ranks > 1 ? `${url}@${rank}` : id);
      const source = new EventSource(
        blocks,
        { endpoint, replayEndpoint, topic: '' },
        {
          logger,
          incident: (kind) => metrics.incident(url, kind),
          applied: ({ events }) => metrics.applied(url, events.length),
        },
      );
      sources.push({ source, blocks });
    }
  }

  private counts(): Map<string, { blocks: number; isLive: boolean }> {
    return new Map(
      [...this.followed].map(([url, { sources }]) => [
        url,
        {
          blocks: sources.reduce((sum, { blocks }) => sum + blocks.count, 0),
          isLive: sources.length > 0 && sources.every(({ source }) => source.isLive),
        },
      ]),
    );
  }
}

/** @returns undefined where no label names one that can be dialled */
function labelled({ spec }: Endpoint): KvSource[] | undefined {
  const [endpoint, replayEndpoint] = [LABEL, REPLAY_LABEL].map((name) => {
    const parsed = parseZmqEndpoint(spec.labels[name] ?? '');
    return parsed && (!('port' in parsed) || parsed.port > 0) ? parsed : undefined;
  });
  return endpoint && [{ endpoint, replayEndpoint }];
}
