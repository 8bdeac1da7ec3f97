import { BoundEvents } from '../../../kv-events/bound-events.js';
import { EventSource } from '../../../kv-events/event-source.js';
import { WorkerBlocks } from '../../../kv-events/worker-blocks.js';
import type { Logger } from '../../../logging/logger.js';
import { parseZmqEndpoint, type ZmqEndpoint } from '../../../zmq/zmq-endpoint.js';
import type { ScheduledEndpoint } from '../../scheduled-endpoint.js';
import type { PreciseParameters } from './parameters.js';

const NOTHING: readonly WorkerBlocks[] = [];
/** How an endpoint of a file says where it publishes. */
const LABEL = 'kv_events_endpoint';
const REPLAY_LABEL = 'kv_events_replay_endpoint';
/** Of a pod that serves several ranks, each as an endpoint. */
const RANK = /-rank-(\d+)$/;
/** Tokens of a block, until events tell. */
const USUAL_BLOCK = 16;

interface Followed {
  readonly source: EventSource | undefined;
  /** By what it publishes itself, and by what came to the one place for all. */
  readonly caches: readonly WorkerBlocks[];
  readonly bound: WorkerBlocks | undefined;
  readonly rank: number;
}

/** Keeps, for each endpoint, what its cache holds, by the events that it publishes. */
export class CacheSources {
  /** Names of adapters of which events spoke. */
  readonly adapters = new Set<string>();
  private readonly followed = new Map<ScheduledEndpoint, Followed>();
  private readonly bound: BoundEvents | undefined;
  private readonly discoversPods: boolean;
  /** By what publishers may call a pod; several where a pod is several endpoints. */
  private readonly byName = new Map<string, ScheduledEndpoint[]>();

  constructor(
    private readonly parameters: PreciseParameters,
    private readonly logger: Logger,
  ) {
    const { zmqEndpoint, topicFilter: topic, discoverPods } = parameters.kvEventsConfig;
    const endpoint = zmqEndpoint === undefined ? undefined : parseZmqEndpoint(zmqEndpoint);
    this.discoversPods = discoverPods ?? endpoint === undefined;
    if (!endpoint || !('host' in endpoint)) return;
    const blocksOf = (pod: string, rank: number | undefined): WorkerBlocks | undefined =>
      this.find(pod, rank);
    this.bound = new BoundEvents({ ...endpoint, topic, logger, blocksOf });
  }

  /** Where publishers connect to; undefined where they do not, or not yet. */
  get port(): number | undefined {
    return this.bound?.port;
  }

  /** @returns its caches: each tells the whole, or nothing */
  of(endpoint: ScheduledEndpoint): readonly WorkerBlocks[] {
    return this.followed.get(endpoint)?.caches ?? NOTHING;
  }

  /** Whether any block of any endpoint is known. */
  get hasBlocks(): boolean {
    for (const { caches } of this.followed.values()) {
      if (caches.some(({ count }) => count > 0)) return true;
    }
    return false;
  }

  /** Does nothing for one that is followed already. */
  follow(endpoint: ScheduledEndpoint): void {
    if (this.followed.has(endpoint)) return;
    const rank = Number(RANK.exec(endpoint.name)?.[1] ?? 0);
    const said = this.publisherOf(endpoint, rank);
    const own = said && new WorkerBlocks(USUAL_BLOCK, this.adapters);
    const source = own && this.sourceOf(own, said);
    const bound = this.bound && new WorkerBlocks(USUAL_BLOCK, this.adapters);
    const caches = [own, bound].filter((cache) => cache !== undefined);
    this.followed.set(endpoint, { source, caches, bound, rank });
    for (const name of namesOf(endpoint)) {
      this.byName.set(name, [...(this.byName.get(name) ?? []), endpoint]);
    }
  }

  forget(endpoint: ScheduledEndpoint): void {
    this.followed.get(endpoint)?.source?.close();
    if (!this.followed.delete(endpoint)) return;
    for (const name of namesOf(endpoint)) {
      const others = this.byName.get(name)!.filter((each) => each !== endpoint);
      if (others.length > 0) this.byName.set(name, others);
      else this.byName.delete(name);
    }
  }

  close(): void {
    this.bound?.close();
    for (const endpoint of [...this.followed.keys()]) this.forget(endpoint);
  }

  private sourceOf(
    blocks: WorkerBlocks,
    said: { readonly endpoint: ZmqEndpoint; readonly replayEndpoint: ZmqEndpoint | undefined },
  ): EventSource {
    const { topicFilter } = this.parameters.kvEventsConfig;
    return new EventSource(
      blocks,
      { ...said, topic: topicFilter },
      { logger: this.logger, incident: () => undefined, applied: () => undefined },
    );
  }

  private publisherOf(
    { id, labels }: ScheduledEndpoint,
    rank: number,
  ): { endpoint: ZmqEndpoint; replayEndpoint: ZmqEndpoint | undefined } | undefined {
    const named = dialled(labels[LABEL]);
    if (named) return { endpoint: named, replayEndpoint: dialled(labels[REPLAY_LABEL]) };
    if (!this.discoversPods) return undefined;
    const { socketPort, replaySocketPort } = this.parameters.kvEventsConfig.podDiscoveryConfig;
    const host = hostOf(id);
    const replayEndpoint =
      replaySocketPort > 0 ? { host, port: replaySocketPort + rank } : undefined;
    return { endpoint: { host, port: socketPort + rank }, replayEndpoint };
  }

  private find(pod: string, rank: number | undefined): WorkerBlocks | undefined {
    const endpoints = this.byName.get(pod) ?? [];
    const found =
      endpoints.length > 1 && rank !== undefined
        ? endpoints.find((each) => this.followed.get(each)!.rank === rank)
        : endpoints[0];
    return found && this.followed.get(found)!.bound;
  }
}

function dialled(text: string | undefined): ZmqEndpoint | undefined {
  const endpoint = text === undefined ? undefined : parseZmqEndpoint(text);
  if (!endpoint || 'path' in endpoint) return endpoint;
  return endpoint.port > 0 && endpoint.host !== '*' ? endpoint : undefined;
}

/** @param id `ip:port`, an IPv6 address in brackets */
function hostOf(id: string): string {
  return id.slice(0, id.lastIndexOf(':')).replace(/^\[|\]$/g, '');
}

/** @returns what publishers call a pod: its address, with or without a port, or its name */
function namesOf({ id, name, namespace }: ScheduledEndpoint): readonly string[] {
  const pod = name.replace(RANK, '');
  return [...new Set([id, hostOf(id), name, pod, `${namespace}/${pod}`])];
}
