import { ConfigError, reasonOf } from '../../config/config-error.js';
import type { EndpointSource } from '../../discovery/endpoint-source.js';
import { foundInDiscoveryFile } from '../../discovery/discovery-file.js';
import { FileSource } from '../../discovery/file-source.js';
import { Reconciler } from '../../discovery/reconciler.js';
import type { EndpointRole } from '../../fleet/endpoint.js';
import type { Selector } from '../../kubernetes/selected-pods.js';
import type { Logger } from '../../logging/logger.js';
import type { RouterParts } from './router.module.js';
import type { RouterConfig } from './router.settings.js';

/** Keeps a router's workers as its sources have them. */
export interface Discovery {
  start(): void;
  stop(): void;
}

/**
 * Prepares what the flags ask for; asks nobody.
 *
 * @throws ConfigError when flags contradict each other, or it is not known where the Kubernetes API is
 */
export async function createDiscovery({
  options,
  fleet,
  metrics,
  logger,
}: RouterParts): Promise<Discovery> {
  const sources = await sourcesOf(options.config, logger);
  metrics.sources = () => sources;
  const reconcilers = new Map(
    sources.map((source) => [
      source,
      new Reconciler({ source: source.name, fleet, logger, counts: metrics.discovery }),
    ]),
  );
  return {
    start: () => {
      for (const [source, reconciler] of reconcilers) {
        source.start((found) => reconciler.apply(found));
      }
    },
    stop: () => {
      for (const [source, reconciler] of reconcilers) {
        source.stop();
        reconciler.stop();
      }
    },
  };
}

async function sourcesOf(config: RouterConfig, logger: Logger): Promise<EndpointSource[]> {
  const { discoveryProvider, discoveryFile: file, serviceDiscovery } = config;
  const interval = config.discoveryCheckIntervalSecs;
  const sources: EndpointSource[] = [];
  if (discoveryProvider === 'file') {
    if (file === undefined) {
      throw new ConfigError('--discovery-provider=file needs a file: give --discovery-file FILE');
    }
    sources.push(new FileSource({ file, interval, logger, parse: foundInDiscoveryFile }));
  } else if (file !== undefined) {
    throw new ConfigError(
      '--discovery-file is read with --discovery-provider=file only: give that too, or leave the file out',
    );
  }
  if (serviceDiscovery || discoveryProvider === 'kubernetes') {
    sources.push(await kubernetes(config, logger));
  } else if (SELECTORS.some(([, key]) => config[key].length > 0)) {
    logger.warn('selectors select nothing without --service-discovery');
  }
  const { vllmDiscoveryAddress } = config;
  if (vllmDiscoveryAddress !== undefined)
    sources.push(await announced(vllmDiscoveryAddress, logger));
  return sources;
}

/** @throws ConfigError when it cannot listen there */
async function announced(address: string, logger: Logger): Promise<EndpointSource> {
  const at = address.lastIndexOf(':');
  const host = address.slice(0, at).replace(/^\[|\]$/g, '');
  const port = Number(address.slice(at + 1));
  // Only here: nearly all do without msgpack and ZeroMQ.
  const { AnnouncedSource } = await import('../../discovery/announced-source.js');
  try {
    return await AnnouncedSource.listen({ host, port, logger });
  } catch (error) {
    throw new ConfigError(
      `--vllm-discovery-address=${address}: ${reasonOf(error)}; give an address of this machine and a free port`,
    );
  }
}

const SELECTORS = [
  ['prefill', 'prefillSelector', '--prefill-selector'],
  ['decode', 'decodeSelector', '--decode-selector'],
  ['regular', 'selector', '--selector'],
] as const;

async function kubernetes(config: RouterConfig, logger: Logger): Promise<EndpointSource> {
  const { selectorOf } = await import('../../kubernetes/selected-pods.js');
  const selectors = new Map<EndpointRole, Selector>();
  for (const [role, key, flag] of SELECTORS) {
    if (config[key].length === 0) continue;
    const selector = selectorOf(config[key]);
    if (typeof selector === 'string') throw new ConfigError(`${flag}: ${selector}`);
    selectors.set(role, selector);
  }
  if (selectors.size === 0) {
    throw new ConfigError(
      '--service-discovery needs to know which pods are workers: give --selector KEY=VALUE …, or --prefill-selector and --decode-selector',
    );
  }
  return watchPods(config, selectors, logger);
}

async function watchPods(
  config: RouterConfig,
  selectors: ReadonlyMap<EndpointRole, Selector>,
  logger: Logger,
): Promise<EndpointSource> {
  const { kubeconfig } = config;
  // Only here: who does not ask the Kubernetes API does without its client.
  const { ClusterConfigError, loadCluster } = await import('../../kubernetes/cluster.js');
  const { KubernetesSource } = await import('../../discovery/kubernetes-source.js');
  const cluster = await loadCluster(kubeconfig === undefined ? {} : { kubeconfig }).catch(
    (error: unknown) => {
      if (!(error instanceof ClusterConfigError)) throw error;
      throw new ConfigError(`--service-discovery: ${error.message}`);
    },
  );
  return new KubernetesSource({
    cluster,
    selectors,
    namespace: config.serviceDiscoveryNamespace,
    port: config.serviceDiscoveryPort,
    interval: config.discoveryCheckIntervalSecs,
    logger,
  });
}
