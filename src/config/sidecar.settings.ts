import { isIP } from 'node:net';
import { CONNECTION_SETTINGS } from './sidecar-connection.settings.js';
import type { ConnectorCatalog } from './connector-catalog.js';
import { boolean, byteSize, duration, integer, listOf, oneOf, port, type Kind } from './kinds.js';
import { INFERENCE_POOL_SETTINGS } from './inference-pool.settings.js';
import { LOGGING_SETTINGS } from './logging.settings.js';
import { PLANNED_FLAGS } from './planned.js';
import { PREFILLER_SETTINGS } from './prefiller.settings.js';
import { defineSettings, optional, setting, type Settings, type SettingsTable } from './setting.js';
import { workerCount } from './worker-count.js';
import * as z from 'zod';

/** An IP address, with or without the brackets of IPv6. */
function ipAddress(): Kind<string> {
  const bare = (value: string): string => value.replace(/^\[(.*)\]$/, '$1');
  return {
    schema: z
      .string()
      .regex(/^\[?[\da-fA-F:.]+\]?$/)
      .transform(bare)
      .refine((value) => isIP(value) !== 0),
    fromText: (value) => value,
    shape: 'scalar',
    placeholder: 'ADDRESS',
    expects: 'an IP address such as 0.0.0.0, 127.0.0.1 or ::',
  };
}

/** The port of an address to listen on, as Go writes it: `:9090`. */
function listenPort(): Kind<number> {
  const kind = port(0);
  return {
    ...kind,
    fromText: (value) => kind.fromText(value.replace(/^.*:/, '')),
    placeholder: '[HOST]:PORT',
    expects: 'an address such as :9090, whose host does not count (--bind-address does)',
  };
}

/** More data-parallel ranks than any pod has. */
const MOST_RANKS = 256;

const LISTENING = {
  port: setting(port(), {
    group: 'Listening',
    description: 'The port that clients connect to.',
    default: 8000,
    env: ['SIDECAR_PORT'],
  }),
  'bind-address': setting(ipAddress(), {
    group: 'Listening',
    description:
      'The address that the sidecar listens on, for clients and for metrics. :: means all interfaces, of IPv4 too.',
    default: '::',
  }),
  'metrics-port': setting(port(0), {
    group: 'Listening',
    description:
      'The port of /metrics, /health, /health/ready and /drain in plain HTTP; 0 switches it off.',
    default: 9090,
    env: [{ name: 'MORIIO_METRICS_ADDR', kind: listenPort() }],
  }),
  'pod-ip': optional(ipAddress(), {
    group: 'Listening',
    description:
      'The address of this pod, told to prefillers in x-decoder-host-port; x-data-parallel-host-port names ranks by it.',
    defaultText: 'localhost',
    env: ['POD_IP'],
  }),
  'data-parallel-size': setting(integer(1, MOST_RANKS), {
    group: 'Listening',
    description:
      'Data-parallel ranks in this pod: rank r listens at --port + r, and its model server is at --model-server-port + r.',
    default: 1,
  }),
};

const DISAGGREGATION = {
  'model-server-port': setting(port(), {
    group: 'Prefill and decode',
    description: 'The port of the decoding model server beside the sidecar, at 127.0.0.1 or ::1.',
    default: 8001,
    aliases: ['vllm-port'],
    env: ['VLLM_PORT'],
  }),
  'decode-chunk-size': setting(integer(), {
    group: 'Prefill and decode',
    description:
      'Decode answers of /v1/chat/completions in requests of at most that many tokens, each of which goes on where the one before ended (docs/chunked-decode.md); 0 switches it off.',
    default: 0,
  }),
  'enable-prefiller-sampling': setting(boolean(), {
    group: 'Prefill and decode',
    description:
      'Prefill at a random one of the candidates in x-prefiller-host-port, not at the first.',
    default: false,
    env: ['ENABLE_PREFILLER_SAMPLING'],
  }),
};

const FAILURE = {
  'prefiller-connect-timeout': setting(duration(), {
    group: 'Time-outs and retries',
    description: 'How long a connection to a prefiller may take to open; 0 switches it off.',
    default: '5s',
  }),
  'prefiller-timeout': setting(duration(), {
    group: 'Time-outs and retries',
    description: 'How long a prefiller may take to send the head of its answer; 0 switches it off.',
    default: '30s',
  }),
  'request-timeout': setting(duration(), {
    group: 'Time-outs and retries',
    description: 'A deadline for a request as a whole, its answer included; 0 switches it off.',
    default: '0s',
  }),
  'prefill-max-retries': setting(integer(0, 100), {
    group: 'Time-outs and retries',
    description: 'How often a failed prefill is tried again; 0 means never.',
    default: 3,
  }),
  'retry-backoff': setting(duration(), {
    group: 'Time-outs and retries',
    description: 'The delay before the first retry; each further one waits twice as long.',
    default: '1s',
    aliases: ['prefill-retry-backoff'],
  }),
  'retry-on-5xx': setting(boolean(), {
    group: 'Time-outs and retries',
    description: 'Retry a prefill that was answered with a 5xx; else that answer is forwarded.',
    default: true,
  }),
};

const OPERATION = {
  'max-prefill-response-bytes': setting(byteSize(), {
    group: 'Limits',
    description: 'The longest answer of a prefiller, and of all encoders of a request together.',
    default: '64MiB',
  }),
  'max-request-bytes': setting(byteSize(), {
    group: 'Limits',
    description:
      'The longest body of a request that is prefilled or encoded elsewhere; above it 413. What is passed through is not limited.',
    default: '256MiB',
  }),
  'max-buffered-bytes': optional(byteSize(), {
    group: 'Limits',
    description: 'The bodies of all requests together that are held in memory; above it 503.',
    defaultText: 'half the memory limit',
  }),
  'max-idle-conns-per-host': setting(integer(1, 1_000_000), {
    group: 'Limits',
    description: 'Idle connections kept open to each prefiller and encoder, and to the decoder.',
    default: 1024,
  }),
  'shutdown-timeout': setting(duration(), {
    group: 'Operation',
    description: 'How long requests in flight may go on after SIGTERM.',
    default: '30s',
  }),
  workers: setting(workerCount(), {
    group: 'Operation',
    description:
      'Processes that serve clients side by side, at most 256; auto means one for each core that the machine and the CPU quota of the container leave. They share limits, allowlist and breakers (docs/performance.md, "Many cores").',
    default: 1,
  }),
  tracing: setting(boolean(), {
    group: 'Operation',
    description: 'Send OpenTelemetry spans; OTEL_* variables say where and how many.',
    default: false,
  }),
};

function choice({ names, allowed }: Pick<ConnectorCatalog, 'names' | 'allowed'>) {
  const connector: Kind<string> = oneOf(names);
  return {
    'kv-connector': setting(connector, {
      group: 'Prefill and decode',
      description: 'How the KV cache goes from prefill to decode; nixl and lmcache are deprecated.',
      default: names[0],
      aliases: ['connector'],
      env: ['CONNECTOR_TYPE'],
    }),
    'allowed-connectors': setting(listOf(connector), {
      group: 'Prefill and decode',
      description: 'The connectors that a request may choose by x-connector-protocol.',
      default: [...allowed],
    }),
  };
}

/** Settings that are there whatever connectors there are. */
function ownSettings(connectors: ConnectorCatalog) {
  return {
    ...LISTENING,
    ...DISAGGREGATION,
    ...choice(connectors),
    ...CONNECTION_SETTINGS,
    ...FAILURE,
    ...PREFILLER_SETTINGS,
    ...INFERENCE_POOL_SETTINGS,
    ...OPERATION,
    ...LOGGING_SETTINGS,
  };
}

/** What the program itself reads; the settings of connectors stand beside it. */
export type SidecarSettings = ReturnType<typeof ownSettings>;

/**
 * Everything that the sidecar can be told. `sidecar.config.ts` makes the program's view of it.
 *
 * @param connectors what they bring: names and settings of their own
 */
export function sidecarSettingsWith(connectors: ConnectorCatalog): SettingsTable<SidecarSettings> {
  const settings: SidecarSettings & Settings = {
    ...ownSettings(connectors),
    ...connectors.settings,
  };
  return defineSettings({
    program: 'sidecar',
    summary:
      'Stands before a decoding model server: prefills a request at the server that x-prefiller-host-port names, then decodes it here, and passes everything else through.',
    settings,
    inert: PLANNED_FLAGS,
  });
}
