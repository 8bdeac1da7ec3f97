import * as z from 'zod';
import type { Kind } from '../../../config/kinds.js';
import { parseZmqEndpoint } from '../../../zmq/zmq-endpoint.js';

const endpoint = z.string().refine((text) => hostAndPortOf(text) !== undefined);

/** What vLLM's `--kv-events-config` says, its defaults included. */
export interface KvEventsConfig {
  readonly enable_kv_cache_events: boolean;
  readonly publisher: 'null' | 'zmq';
  readonly endpoint: string;
  readonly replay_endpoint?: string | null | undefined;
  readonly buffer_steps: number;
  readonly topic: string;
}

const schema: z.ZodType<KvEventsConfig> = z.looseObject({
  enable_kv_cache_events: z.boolean().default(false),
  publisher: z.enum(['null', 'zmq']).default('zmq'),
  endpoint: endpoint.default('tcp://*:5557'),
  replay_endpoint: endpoint.nullish(),
  buffer_steps: z.int().min(0).default(10_000),
  topic: z.string().default(''),
});

/** JSON as vLLM takes it; endpoints are `tcp://HOST:PORT`, the port 0 lets the system choose. */
export function kvEventsConfig(): Kind<KvEventsConfig> {
  return {
    schema,
    fromText: (text) => {
      try {
        return JSON.parse(text);
      } catch {
        return text;
      }
    },
    shape: 'scalar',
    placeholder: 'JSON',
    expects: 'a JSON object such as {"enable_kv_cache_events":true,"endpoint":"tcp://*:5557"}',
  };
}

/** @returns where to bind, `*` being all addresses of IPv4; undefined for what is no TCP endpoint */
export function hostAndPortOf(text: string): { host: string; port: number } | undefined {
  const parsed = parseZmqEndpoint(text);
  if (!parsed || 'path' in parsed) return undefined;
  return { host: parsed.host === '*' ? '0.0.0.0' : parsed.host, port: parsed.port };
}
