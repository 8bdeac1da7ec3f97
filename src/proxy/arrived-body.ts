import type { IncomingMessage } from 'node:http';

/**
 * Takes a body that has arrived whole, as a short one does with its head, without the events and timers that waiting
 * for one needs. Node reads it in the turn of the head, a microtask after its `request` event.
 *
 * @param length of the body in bytes, by its Content-Length
 * @returns the body; undefined when some of it is still to come, or somebody else reads it
 */
export function takeArrived(request: IncomingMessage, length: number): Buffer | undefined {
  if (request.readableLength !== length || request.readableFlowing !== null) return undefined;
  const body = request.read() as Buffer | null;
  // Node waits for the end of the message to be seen.
  request.resume();
  return body ?? undefined;
}
