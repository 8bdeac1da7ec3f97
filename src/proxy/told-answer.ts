import type { BufferedAnswer } from './exchange.js';

/** How much of a failed engine's answer a client is told. */
const MAX_TOLD_BYTES = 64 * 1024;

/** An engine's failure as a client is told of it: its status, and the first 64 KiB of its body as text. */
export function toldOf({ head, body }: BufferedAnswer): { status: number; body: string } {
  return { status: head.statusCode, body: body.subarray(0, MAX_TOLD_BYTES).toString('utf8') };
}
