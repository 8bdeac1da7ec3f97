import { ConfigError, quote } from '../../config/config-error.js';
import type { Spelling } from '../../config/spelling.js';
import { canonicalIp } from '../../endpoint/ip.js';
import { parseTarget } from '../../endpoint/target.js';
import type { ConnectorSite } from '../connector-host.js';
import type { MoriioSettings, RankSettings } from './moriio.settings.js';

/**
 * Rules between the settings of write mode.
 *
 * @throws ConfigError that names the setting and says the mend
 */
export function checkMoriio(
  settings: MoriioSettings,
  { podIp, choosesDecoder = false }: Pick<ConnectorSite, 'podIp' | 'choosesDecoder'>,
  named: Spelling,
): void {
  checkRanks(settings, named);
  checkPorts(settings, named);
  const { moriioLocalPodIp, moriioRemoteHosts, moriioDecodeHosts } = settings;
  if (moriioLocalPodIp === undefined && podIp === undefined && !choosesDecoder) {
    throw new ConfigError(
      `${named('moriio-local-pod-ip')}: prefillers write KV to this pod, whose address is not known; give it, or set POD_IP`,
    );
  }
  if (moriioLocalPodIp !== undefined) checkHosts('moriio-local-pod-ip', [moriioLocalPodIp], named);
  else if (podIp !== undefined) checkHosts('pod-ip', [podIp], named);
  checkHosts('moriio-remote-hosts', moriioRemoteHosts, named);
  checkHosts('moriio-decode-hosts', moriioDecodeHosts, named);
  checkPods('moriio-remote-hosts', moriioRemoteHosts, settings, named);
  checkPods('moriio-decode-hosts', moriioDecodeHosts, settings, named);
}

/** What nixlv2 heeds too. @throws ConfigError */
export function checkRanks(
  { moriioDpSize: size, moriioDpSizeLocal: local }: RankSettings,
  named: Spelling,
): void {
  if (local === 0 || size % local === 0) return;
  throw new ConfigError(
    `${named('moriio-dp-size-local', 'moriio-dp-size')}: ${local} ranks in each pod do not divide --moriio-dp-size=${size}; give a divisor of it, or 0 for one pod`,
  );
}

const HIGHEST_PORT = 65_535;
const PORTS = {
  'moriio-decode-notify-port': 'moriioDecodeNotifyPort',
  'moriio-decode-handshake-port': 'moriioDecodeHandshakePort',
  'moriio-prefill-notify-port': 'moriioPrefillNotifyPort',
  'moriio-prefill-handshake-port': 'moriioPrefillHandshakePort',
} as const satisfies Record<string, keyof MoriioSettings>;

/** In each pod an engine listens at the port plus its rank there plus its tensor-parallel rank. */
function checkPorts(settings: MoriioSettings, named: Spelling): void {
  const { moriioDpSize: size, moriioDpSizeLocal: local, moriioTpSize: tensor } = settings;
  const ranks = local === 0 ? size : local;
  const highest = HIGHEST_PORT - (ranks - 1) - (tensor - 1);
  for (const [flag, key] of Object.entries(PORTS)) {
    if (settings[key] <= highest) continue;
    throw new ConfigError(
      `${named(flag)}: ${settings[key]} leaves no port for each of ${ranks} ranks in a pod (${named('moriio-dp-size')}) with ${named('moriio-tp-size')}=${tensor}; give ${highest} or less`,
    );
  }
}

/** What has no effect where no request can choose moriio. @throws ConfigError */
export function checkNoMoriio(
  { moriioWriteMode, moriioParallelDispatch }: MoriioSettings,
  { kvConnector }: Pick<ConnectorSite, 'kvConnector'>,
  named: Spelling,
): void {
  if (moriioWriteMode) {
    throw new ConfigError(
      `${named('moriio-write-mode')}: goes with nixlv2 and moriio only, and ${named('kv-connector')} is ${kvConnector}; leave it out, or give --kv-connector=moriio`,
    );
  }
  if (!moriioParallelDispatch) return;
  throw new ConfigError(
    `${named('moriio-parallel-dispatch')}: needs connector moriio; give --moriio-write-mode with --kv-connector=nixlv2, or leave it out`,
  );
}

function checkHosts(key: string, hosts: readonly string[], named: Spelling): void {
  const wrong = hosts.find(
    (host) => canonicalIp(host) === undefined && parseTarget(`${host}:1`)?.kind !== 'name',
  );
  if (wrong !== undefined) {
    throw new ConfigError(
      `${named(key)}: ${quote(wrong)} is no host; give an IP address (IPv6 without brackets) or a DNS name, without a port`,
    );
  }
  const any = hosts.find((host) => ['0.0.0.0', '::'].includes(canonicalIp(host)!));
  if (any === undefined) return;
  throw new ConfigError(
    `${named(key)}: ${any} is where a server listens, and no engine can be reached there; give the address of the pod`,
  );
}

/** A rank says which of several pods it is in by its number. */
function checkPods(
  key: string,
  hosts: readonly string[],
  { moriioDpSize: size, moriioDpSizeLocal: local }: RankSettings,
  named: Spelling,
): void {
  if (hosts.length < 2) return;
  if (local === 0) {
    throw new ConfigError(
      `${named(key)}: ${hosts.length} pods need --moriio-dp-size-local, the ranks in each; give it, or one host`,
    );
  }
  if (hosts.length === size / local) return;
  throw new ConfigError(
    `${named(key)}: ${hosts.length} hosts, but --moriio-dp-size=${size} by --moriio-dp-size-local=${local} makes ${size / local}; give as many`,
  );
}
