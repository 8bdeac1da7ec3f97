import { ConfigError, quote } from '../../../config/config-error.js';
import { parseEndpointUrl } from '../../../endpoint/endpoint-url.js';
import { parseZmqEndpoint, type ZmqEndpoint } from '../../../zmq/zmq-endpoint.js';

/** Where one engine, or one data-parallel rank of it, tells of its KV cache. */
export interface KvSource {
  readonly endpoint: ZmqEndpoint;
  /** Undefined: nothing is told twice. */
  readonly replayEndpoint: ZmqEndpoint | undefined;
}

/** Sources by the URL of their worker, in the order of its ranks. */
export type KvSourceMap = ReadonlyMap<string, readonly KvSource[]>;

export interface KvSourceWords {
  readonly kvEventSource: readonly string[];
  readonly kvEventReplaySource: readonly string[];
  readonly pdKvEvents: readonly string[];
}

export interface KvSourceConfig extends KvSourceWords {
  readonly policy: string;
  readonly prefillPolicy?: string | undefined;
  readonly decodePolicy?: string | undefined;
  readonly enableIgw: boolean;
}

/** @returns what is wrong with the sources that an operator named, for people; undefined where nothing is */
export function badKvSources(config: KvSourceConfig): string | undefined {
  const { policy, prefillPolicy, decodePolicy, enableIgw } = config;
  try {
    kvSourcesOf(config);
  } catch (error) {
    return (error as ConfigError).message;
  }
  const flag = config.kvEventSource.length > 0 ? '--kv-event-source' : '--pd-kv-events';
  const isNamed = config.kvEventSource.length + config.pdKvEvents.length > 0;
  if (!isNamed || enableIgw || [policy, prefillPolicy, decodePolicy].includes('kv_aware')) {
    return undefined;
  }
  return `${flag} is of no use to --policy=${policy}: give --policy=kv_aware`;
}

/** @throws ConfigError for words that are no `WORKER=ENDPOINT[,ENDPOINT…]`, and those that do not fit together */
export function kvSourcesOf(words: KvSourceWords): KvSourceMap {
  const events = new Map<string, readonly ZmqEndpoint[]>();
  read('--kv-event-source', words.kvEventSource, events);
  read('--pd-kv-events', words.pdKvEvents, events);
  const replays = new Map<string, readonly ZmqEndpoint[]>();
  read('--kv-event-replay-source', words.kvEventReplaySource, replays);
  for (const [worker, endpoints] of replays) {
    const needed = events.get(worker)?.length;
    if (needed === endpoints.length) continue;
    const mend =
      needed === undefined
        ? `${worker} has no --kv-event-source`
        : `${worker} has ${needed} endpoints of --kv-event-source, give as many`;
    throw new ConfigError(`--kv-event-replay-source: ${mend}`);
  }
  return new Map(
    [...events].map(([worker, endpoints]) => [
      worker,
      endpoints.map((endpoint, i) => ({ endpoint, replayEndpoint: replays.get(worker)?.[i] })),
    ]),
  );
}

function read(
  flag: string,
  words: readonly string[],
  into: Map<string, readonly ZmqEndpoint[]>,
): void {
  for (const word of words) {
    const [worker = '', rest = ''] = word.split(/=(.*)/s);
    const url = parseEndpointUrl(worker);
    if (typeof url === 'string') throw new ConfigError(`${flag}: ${url}`);
    if (into.has(url.url)) throw new ConfigError(`${flag}: ${url.url} is named twice`);
    const endpoints = rest.split(',').map((each) => endpointOf(flag, each.trim()));
    into.set(url.url, endpoints);
  }
}

/** @throws ConfigError for what cannot be dialled */
function endpointOf(flag: string, text: string): ZmqEndpoint {
  const endpoint = parseZmqEndpoint(text);
  const canBeDialled =
    endpoint && ('path' in endpoint || (endpoint.port > 0 && endpoint.host !== '*'));
  if (canBeDialled) return endpoint;
  const expected = 'expected WORKER-URL=tcp://HOST:PORT or WORKER-URL=ipc://PATH';
  throw new ConfigError(`${flag}: ${quote(text)} is no endpoint that can be reached: ${expected}`);
}
