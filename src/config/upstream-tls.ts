import { SOURCES, type Given } from './given.js';
import type { UpstreamTlsConfig } from './sidecar.config.js';
import { UPSTREAMS, type Upstream } from './sidecar-connection.settings.js';

type AllGiven = ReadonlyMap<string, Given>;

/** TLS towards each model server, from the lists and the older switch of each server. */
export function upstreamTls(given: AllGiven): Record<Upstream, UpstreamTlsConfig> {
  const entries = UPSTREAMS.map((upstream) => {
    const serverName = given.get(`${upstream}-tls-server-name`)?.value as string | undefined;
    const settings: UpstreamTlsConfig = {
      enabled: isOn(given, upstream, 'enable-tls', `${upstream}-use-tls`),
      insecureSkipVerify: isOn(
        given,
        upstream,
        'tls-insecure-skip-verify',
        `${upstream}-tls-insecure-skip-verify`,
      ),
      ...(serverName === undefined ? {} : { serverName }),
    };
    return [upstream, settings] as const;
  });
  return Object.fromEntries(entries) as Record<Upstream, UpstreamTlsConfig>;
}

/**
 * The stronger source decides. In one source the two add up, but for a switch that is set to false
 * after the list: a list does not speak of the servers that it leaves out.
 */
function isOn(given: AllGiven, upstream: Upstream, listKey: string, switchKey: string): boolean {
  const list = given.get(listKey);
  const single = given.get(switchKey);
  const listed = list ? (list.value as string[]).includes(upstream) : false;
  if (!single) return listed;
  const switched = single.value as boolean;
  if (!list) return switched;
  const rank = SOURCES.indexOf(single.source) - SOURCES.indexOf(list.source);
  if (rank !== 0) return rank > 0 ? switched : listed;
  return single.position > list.position ? switched : switched || listed;
}
