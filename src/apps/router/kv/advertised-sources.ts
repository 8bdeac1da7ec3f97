import { parseZmqEndpoint, type ZmqEndpoint } from '../../../zmq/zmq-endpoint.js';
import type { KvSource } from './kv-source-flags.js';

/**
 * What a worker says of its publishers (vLLM's `GET /kv_event_sources`, by data-parallel rank).
 *
 * Only ports are taken: the host is the worker's own, so that no worker can have the router dial anybody else.
 *
 * @returns undefined where it publishes nothing, or says it in another way
 */
export function advertisedSources(answer: unknown, host: string): KvSource[] | undefined {
  if (typeof answer !== 'object' || answer === null) return undefined;
  const ranks = Object.entries(answer as Record<string, Advertised | null>);
  if (ranks.length === 0) return undefined;
  const sources: KvSource[] = [];
  for (const [rank, said] of ranks) {
    const endpoint = at(said?.endpoint, host);
    const isOn = said?.enable_kv_cache_events === true && said.publisher === 'zmq';
    if (!/^\d{1,4}$/.test(rank) || !isOn || !endpoint) return undefined;
    sources[Number(rank)] = { endpoint, replayEndpoint: at(said.replay_endpoint, host) };
  }
  // A rank that is served elsewhere says nothing here.
  return sources.length === ranks.length ? sources : undefined;
}

interface Advertised {
  readonly enable_kv_cache_events?: unknown;
  readonly publisher?: unknown;
  readonly endpoint?: unknown;
  readonly replay_endpoint?: unknown;
}

function at(text: unknown, host: string): ZmqEndpoint | undefined {
  const said = typeof text === 'string' ? parseZmqEndpoint(text) : undefined;
  return said && 'port' in said && said.port > 0 ? { host, port: said.port } : undefined;
}
