import type { EndpointRole } from '../fleet/endpoint.js';
import {
  resyncTimings,
  SelectedPods,
  type Cluster,
  type SelectedPod,
  type Selector,
} from '../kubernetes/selected-pods.js';
import { troubleOf } from '../kubernetes/trouble.js';
import type { Logger } from '../logging/logger.js';
import type { EndpointSource, FoundEndpoint } from './endpoint-source.js';
import { readPod, type PodReading } from './pod-endpoint.js';

export interface KubernetesSourceOptions {
  /** Is closed with the source. */
  readonly cluster: Cluster;
  /** What the pods of a role have; at least one. A pod of several roles has the first one. */
  readonly selectors: ReadonlyMap<EndpointRole, Selector>;
  /** Undefined: all namespaces. */
  readonly namespace: string | undefined;
  /** The port at which workers serve. */
  readonly port: number;
  /** Milliseconds after which all pods are listed again. */
  readonly interval: number;
  readonly logger: Logger;
  /** From 0 to 1. */
  readonly random?: () => number;
}

/** The pods of one role. */
interface Followed {
  readonly role: EndpointRole;
  readonly follower: SelectedPods;
  /** Undefined until they were listed. */
  pods: readonly SelectedPod[] | undefined;
}

/** Model servers in pods that labels select: those that run, are ready, have an address and are not being deleted. */
export class KubernetesSource implements EndpointSource {
  readonly name = 'kubernetes';
  private readonly followed: readonly Followed[];
  private readonly readings = new WeakMap<SelectedPod, PodReading>();
  private publish: (found: readonly FoundEndpoint[]) => void = () => undefined;
  private lastError: string | undefined;
  private lastClashes = '';

  constructor(private readonly options: KubernetesSourceOptions) {
    this.followed = [...options.selectors].map(([role, selector]) => this.follow(role, selector));
  }

  get provedAt(): number | undefined {
    const times = this.followed.map(({ follower }) => follower.provedAt);
    return times.includes(undefined) ? undefined : Math.min(...(times as number[]));
  }

  start(publish: (found: readonly FoundEndpoint[]) => void): void {
    const { cluster, logger } = this.options;
    this.publish = publish;
    if (cluster.insecure) {
      logger.warn('the API server is not verified: insecure-skip-tls-verify', {
        server: cluster.name,
      });
    }
    for (const { follower } of this.followed) follower.start();
  }

  stop(): void {
    for (const { follower } of this.followed) follower.stop();
    this.options.cluster.close();
  }

  private follow(role: EndpointRole, selector: Selector): Followed {
    const { cluster, namespace, port, interval, random = Math.random } = this.options;
    const follower = new SelectedPods({
      ...{ cluster, namespace, selector, port, random },
      timings: resyncTimings(interval),
      onPods: (pods) => {
        followed.pods = [...pods];
        this.tell();
      },
      onState: () => this.stateChanged(),
    });
    const followed: Followed = { role, follower, pods: undefined };
    return followed;
  }

  private tell(): void {
    const byUrl = new Map<string, FoundEndpoint>();
    const seen = new Set<string>();
    const clashes: string[] = [];
    for (const { role, pods = [] } of this.followed) {
      for (const pod of pods) {
        const key = `${pod.namespace}/${pod.name}`;
        const endpoint = seen.has(key) ? undefined : this.reading(pod, role).endpoint;
        seen.add(key);
        if (!endpoint) continue;
        const { url } = endpoint.spec.address;
        const other = byUrl.get(url);
        if (other) clashes.push(url);
        // Of an address that was given anew the former pod may still be told.
        if (!other || (!other.usable && endpoint.usable)) byUrl.set(url, endpoint);
      }
    }
    this.reportClashes(clashes);
    this.publish([...byUrl.values()]);
  }

  private reading(pod: SelectedPod, role: EndpointRole): PodReading {
    const known = this.readings.get(pod);
    if (known) return known;
    const { port, logger } = this.options;
    const reading = readPod(pod, role, port);
    this.readings.set(pod, reading);
    for (const flaw of reading.flaws) {
      logger.warn('a pod is not as it should be', { pod: `${pod.namespace}/${pod.name}`, flaw });
    }
    return reading;
  }

  private reportClashes(urls: readonly string[]): void {
    const clashes = urls.join(' ');
    if (clashes !== '' && clashes !== this.lastClashes) {
      this.options.logger.warn('several pods have one address: one of them is used', { urls });
    }
    this.lastClashes = clashes;
  }

  private stateChanged(): void {
    const { logger, cluster } = this.options;
    const failure = this.followed.find(({ follower }) => follower.error)?.follower.error;
    const error = failure?.message;
    if (error === this.lastError) return;
    this.lastError = error;
    const fields = { server: cluster.name, pods: this.count };
    if (!failure) logger.info('Kubernetes API in contact again', fields);
    else
      logger.error(`Kubernetes API ${troubleOf(failure)}: the known pods stay`, {
        ...fields,
        error,
      });
  }

  private get count(): number {
    return this.followed.reduce((sum, { pods = [] }) => sum + pods.length, 0);
  }
}
