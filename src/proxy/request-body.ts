import type { BodySlices } from '../openai/json-splice.js';
import type { Socket } from 'node:net';

/** A body that is passed on while it still comes in. */
export interface StreamedBody {
  /**
   * Writes what came so far and then all that follows to the socket, with back-pressure.
   *
   * @returns stops writing to that socket; what the client still sends is read and dropped
   */
  attach(socket: Socket): () => void;
  /**
   * Takes nothing from the client until it is attached: there is no socket yet.
   *
   * @returns ends the wait when there will be none
   */
  hold(): () => void;
  /** Everything was written to the socket that it is attached to. */
  readonly finished: boolean;
  /** Whether it can begin anew on another socket. */
  readonly repeatable: boolean;
}

/** What a leg sends after its head. */
export type RequestBody = BodySlices | StreamedBody | undefined;

export function isStreamed(body: RequestBody): body is StreamedBody {
  return body !== undefined && 'attach' in body;
}
