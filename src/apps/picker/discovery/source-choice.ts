import { ConfigError, quote } from '../../../config/config-error.js';
import { parseTarget } from '../../../endpoint/target.js';
import type { StaticHost } from '../../../discovery/static-source.js';
import type { DiscoveryConfig } from '../settings/discovery.settings.js';

/** Where the model servers are. */
export type SourceChoice =
  | { readonly from: 'file' }
  | { readonly from: 'hosts'; readonly hosts: readonly StaticHost[] }
  | {
      readonly from: 'pool';
      readonly pool: { readonly namespace: string; readonly name: string };
      readonly group: string | undefined;
      readonly version: string | undefined;
    }
  | {
      readonly from: 'selector';
      readonly namespace: string;
      /** As Kubernetes writes label selectors. */
      readonly selector: string;
      readonly targetPorts: readonly number[];
    };

const MOST_PORTS = 8;
/** Of seed 003's command line, where it names none. */
const USUAL_PORT = 8000;
const WAYS =
  '--pool-name NAME (an InferencePool), --endpoint-selector KEY=VALUE with --endpoint-target-ports PORT, --static-hosts HOST:PORT, or a configuration whose dataLayer.discovery names a file-discovery';

/**
 * @param hasFile the configuration names a file of endpoints
 * @throws ConfigError where nothing names them, or two things do
 */
export function chooseSource(config: DiscoveryConfig, hasFile: boolean): SourceChoice {
  const { poolName, serviceDiscovery, staticHosts, staticModels } = config;
  if (staticModels.length > 0 && staticHosts.length === 0) {
    throw new ConfigError('--static-models says what hosts serve: give --static-hosts too');
  }
  if (staticHosts.length > 0) {
    if (hasFile) {
      throw new ConfigError(
        '--static-hosts and file-discovery both name the model servers: leave one of them out',
      );
    }
    if (serviceDiscovery === 'k8s') {
      throw new ConfigError(
        '--static-hosts are not used with --service-discovery=k8s: leave one of them out',
      );
    }
    if (config.endpointSelector || config.endpointTargetPorts.length > 0) {
      throw new ConfigError(
        '--static-hosts and --endpoint-selector both name the model servers: leave one of them out',
      );
    }
    return { from: 'hosts', hosts: hostsOf(staticHosts, staticModels) };
  }
  if (serviceDiscovery === 'static') {
    throw new ConfigError(
      '--service-discovery=static needs the model servers: give --static-hosts HOST:PORT,…',
    );
  }
  if (hasFile) return { from: 'file' };
  if (config.endpointSelector) return selectorOf(config, config.endpointSelector);
  if (config.endpointTargetPorts.length > 0) {
    throw new ConfigError(
      '--endpoint-target-ports needs the labels of the pods: give --endpoint-selector KEY=VALUE too; the ports of a pool are in the pool',
    );
  }
  if (poolName) return poolOf(config, poolName);
  if (serviceDiscovery === 'k8s') {
    throw new ConfigError(
      '--service-discovery=k8s needs the labels of the pods: give --endpoint-selector KEY=VALUE, or --pool-name NAME',
    );
  }
  throw new ConfigError(`nothing names the model servers: give ${WAYS}`);
}

/** @throws ConfigError */
export function prioritiesOf(objectives: readonly string[]): ReadonlyMap<string, number> {
  const priorities = new Map<string, number>();
  for (const objective of objectives) {
    const at = objective.lastIndexOf('=');
    const name = objective.slice(0, at);
    if (priorities.has(name)) {
      throw new ConfigError(`--objectives: ${quote(name)} is there twice, leave one out`);
    }
    priorities.set(name, Number(objective.slice(at + 1)));
  }
  return priorities;
}

function poolOf(config: DiscoveryConfig, name: string): SourceChoice {
  const { poolGroup, poolVersion } = config;
  if (poolVersion && !poolGroup) {
    throw new ConfigError('--pool-version needs a group: give --pool-group too');
  }
  const pool = { namespace: namespaceOf(config), name };
  return { from: 'pool', pool, group: poolGroup || undefined, version: poolVersion || undefined };
}

function selectorOf(config: DiscoveryConfig, selector: string): SourceChoice {
  const { poolName, endpointTargetPorts, serviceDiscovery } = config;
  if (poolName) {
    throw new ConfigError(
      '--pool-name and --endpoint-selector both say which pods are model servers: give one of them',
    );
  }
  const isSeed = serviceDiscovery === 'k8s' && endpointTargetPorts.length === 0;
  const targetPorts = isSeed ? [USUAL_PORT] : [...new Set(endpointTargetPorts)];
  if (targetPorts.length === 0 || targetPorts.length > MOST_PORTS) {
    throw new ConfigError(
      `--endpoint-selector needs 1 to ${MOST_PORTS} ports at which the pods serve, ${targetPorts.length} are given: give --endpoint-target-ports PORT,…`,
    );
  }
  return { from: 'selector', namespace: namespaceOf(config), selector, targetPorts };
}

function namespaceOf({ poolNamespace }: DiscoveryConfig): string {
  return poolNamespace || 'default';
}

function hostsOf(hosts: readonly string[], models: readonly string[]): readonly StaticHost[] {
  if (models.length > 0 && models.length !== hosts.length) {
    throw new ConfigError(
      `--static-models names those of ${models.length} hosts, and --static-hosts has ${hosts.length}: give one entry for each host, several models of a host parted by |`,
    );
  }
  return hosts.map((host, at) => {
    const target = parseTarget(host.replace(/\/$/, ''));
    if (!target || /^https:/i.test(host)) {
      throw new ConfigError(
        `--static-hosts: ${quote(host)} is no host: give HOST:PORT or http://HOST:PORT, an IPv6 address in brackets`,
      );
    }
    const served = models[at]?.split('|').map((model) => model.trim());
    return { target, models: served?.filter((model) => model !== '') };
  });
}
