import { isDeepStrictEqual } from 'node:util';
import { urlHost } from '../endpoint/ip.js';
import type { Endpoint } from '../fleet/endpoint.js';
import type { Fleet } from '../fleet/fleet.js';
import type { PoolChange, PoolPod, PoolSource } from '../kubernetes/inference-pool.js';
import type { Logger } from '../logging/logger.js';
import { foundSpec } from './found-spec.js';

export interface PoolEndpointsOptions {
  readonly pool: PoolSource;
  /** Of the pods. */
  readonly namespace: string;
  readonly fleet: Fleet;
  readonly logger: Logger;
}

/** A pod, and its endpoints by the rank of the target port; none where it does not serve there, or has not yet. */
interface Known {
  readonly pod: PoolPod;
  readonly ranks: (Endpoint | undefined)[];
}

/**
 * Makes the fleet have one endpoint for each target port of each pod of a pool that is ready, called `<pod>-rank-<i>`.
 *
 * A change costs what its pods cost. A pod that is not ready rests: it is the same endpoint when it is ready again,
 * unless its process is another one.
 */
export class PoolEndpoints {
  private readonly known = new Map<string, Known>();
  /** Pods an address of which another pod has still, or has too. */
  private displaced = new Set<string>();
  /** Those of them of which it was said. */
  private readonly told = new Set<string>();
  private targetPorts: readonly number[] = [];
  private unsubscribe: () => void = () => undefined;

  constructor(private readonly options: PoolEndpointsOptions) {}

  start(): void {
    this.unsubscribe = this.options.pool.follow((change) => this.apply(change));
  }

  /** Its endpoints stay. */
  stop(): void {
    this.unsubscribe();
  }

  private apply({ removed, added, targetPorts }: PoolChange): void {
    const stays = new Set(added.map(({ name }) => name));
    // Who leaves makes room for those that come.
    for (const { name } of removed) if (!stays.has(name)) this.drop(name);
    const isOtherPorts = !isDeepStrictEqual(targetPorts, this.targetPorts);
    if (isOtherPorts) this.movePorts(targetPorts);
    for (const pod of added) this.dropIfAnother(pod);
    for (const pod of added) this.settle(pod);
    if (isOtherPorts) {
      for (const { pod } of this.known.values()) if (!stays.has(pod.name)) this.settle(pod);
    }
    if (this.displaced.size > 0) this.settleDisplaced();
  }

  /** An endpoint that has another rank from now on has another name: it is another one. */
  private movePorts(targetPorts: readonly number[]): void {
    for (const { ranks } of this.known.values()) {
      for (const [rank, endpoint] of ranks.entries()) {
        if (targetPorts[rank] !== this.targetPorts[rank]) this.dropRank(ranks, rank, endpoint);
      }
    }
    this.targetPorts = targetPorts;
  }

  private drop(name: string): void {
    const known = this.known.get(name);
    if (!known) return;
    this.known.delete(name);
    this.displaced.delete(name);
    this.told.delete(name);
    for (const [rank, endpoint] of known.ranks.entries()) {
      this.dropRank(known.ranks, rank, endpoint);
    }
  }

  private dropIfAnother(pod: PoolPod): void {
    const before = this.known.get(pod.name)?.pod;
    if (!before) return;
    const isSame =
      before.uid === pod.uid &&
      before.ips[0] === pod.ips[0] &&
      before.details?.incarnation === pod.details?.incarnation;
    if (!isSame) this.drop(pod.name);
  }

  private settle(pod: PoolPod): void {
    const ranks = this.known.get(pod.name)?.ranks ?? [];
    this.known.set(pod.name, { pod, ranks });
    const active = pod.details?.activePorts;
    for (const [rank, port] of this.targetPorts.entries()) {
      const endpoint = ranks[rank];
      if (active && !active.includes(port)) this.dropRank(ranks, rank, endpoint);
      else if (!endpoint) ranks[rank] = pod.ready ? this.bring(pod, rank, port) : undefined;
      else this.refresh(endpoint, pod);
    }
  }

  private bring(pod: PoolPod, rank: number, port: number): Endpoint | undefined {
    const { fleet, namespace, logger } = this.options;
    const name = `${pod.name}-rank-${rank}`;
    const labels = pod.details?.labels ?? {};
    const spec = foundSpec('kubernetes', `http://${urlHost(pod.ips[0]!)}:${port}`, {
      ...{ name, namespace, labels },
    });
    if (typeof spec === 'string') {
      logger.warn('a pod is left out', { pod: `${namespace}/${pod.name}`, reason: spec });
      return undefined;
    }
    const [endpoint] = fleet.add(spec) ?? [];
    if (!endpoint) this.displace(pod, spec.address.target.label);
    return endpoint;
  }

  private refresh(endpoint: Endpoint, pod: PoolPod): void {
    const { fleet } = this.options;
    const labels = pod.details?.labels ?? {};
    if (!isDeepStrictEqual(labels, endpoint.spec.labels)) fleet.update(endpoint, { labels });
    if (!pod.ready) return fleet.remove(endpoint, true);
    if (endpoint.status !== 'draining' || fleet.resume(endpoint)) return;
    this.displace(pod, endpoint.spec.address.target.label);
  }

  private dropRank(
    ranks: (Endpoint | undefined)[],
    rank: number,
    endpoint: Endpoint | undefined,
  ): void {
    if (endpoint) this.options.fleet.remove(endpoint);
    ranks[rank] = undefined;
  }

  private displace(pod: PoolPod, address: string): void {
    this.displaced.add(pod.name);
    if (this.told.has(pod.name)) return;
    this.told.add(pod.name);
    const fields = { pod: `${this.options.namespace}/${pod.name}`, address };
    this.options.logger.warn('several pods have one address: the first one has it', fields);
  }

  private settleDisplaced(): void {
    const names = this.displaced;
    this.displaced = new Set();
    for (const name of names) {
      this.settle(this.known.get(name)!.pod);
      if (!this.displaced.has(name)) this.told.delete(name);
    }
  }
}
