import { decode } from '@msgpack/msgpack';
import * as z from 'zod';
import type { EndpointSpec } from '../fleet/endpoint.js';
import { foundSpec } from './found-spec.js';

/** Both go into the ids of requests, and from there into engines: nothing else than an address passes. */
const ADDRESS = z
  .string()
  .max(300)
  .regex(/^(?:\[[\da-f:.]+\]|[\w.-]+):\d{1,5}$/i);
const ANNOUNCEMENT = z.object({
  type: z.enum(['P', 'D']),
  http_address: ADDRESS,
  zmq_address: ADDRESS,
});
const ROLES = { P: 'prefill', D: 'decode' } as const;

/** The label that says where an engine's ZeroMQ socket is. */
export const ZMQ_LABEL = 'zmq_address';

/**
 * Reads what an engine of vLLM's P2pNcclConnector says of itself: msgpack of `{type: "P" | "D", http_address, zmq_address}`.
 *
 * @returns the worker, or why it is none
 */
export function readAnnouncement(bytes: Uint8Array): EndpointSpec | string {
  let said: unknown;
  try {
    said = decode(bytes);
  } catch {
    return 'it is not msgpack';
  }
  const parsed = ANNOUNCEMENT.safeParse(said);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    return `${issue!.path.join('.') || 'the whole'}: ${issue!.message}`;
  }
  const { type, http_address: address, zmq_address } = parsed.data;
  const more = { role: ROLES[type], labels: { [ZMQ_LABEL]: zmq_address } };
  return foundSpec('announced', `http://${address}`, more);
}
