import { findMember } from '../openai/json-object.js';
import { spliceMembers, type BodySlices, type MemberEdit } from '../openai/json-splice.js';
import type { ChatRequest } from './chat-request.js';

const LARGEST_SEED = 2n ** 63n - 1n;
/** What hands the KV cache over, and what refuses a prompt of which too little is cached: it was not refused. */
const ONCE = ['kv_transfer_params', 'cache_hit_threshold'] as const;

/** What one request asks for. */
export interface ChunkLimits {
  /** Tokens at most; undefined: as many as the client said, or the engine gives. */
  readonly most: number | undefined;
  /** Tokens at least, where the client says. */
  readonly least: number | undefined;
}

/** Writes the bodies of the requests that make one answer; every byte outside of the edited members stays as it was sent. */
export class ChunkBodies {
  private readonly once: readonly string[];

  /**
   * @param request the decode leg as it would be sent in one piece
   * @param once members that hold for the first request alone, besides those that always do
   */
  constructor(
    private readonly request: ChatRequest,
    once: readonly string[] = [],
  ) {
    this.once = [...ONCE, ...once];
  }

  /** The first request: the client's own with other limits. */
  first(limits: ChunkLimits): BodySlices {
    return spliceMembers(this.request.body, limitEdits(limits));
  }

  /**
   * @param index of the request, from 1
   * @param text of the answer so far: what stands between the quotes of JSON
   */
  continuation(index: number, text: Buffer, limits: ChunkLimits): BodySlices {
    const edits = limitEdits(limits);
    const { seed } = this.request;
    // The same seed would draw the same random numbers for each chunk.
    if (seed !== undefined) edits.set('seed', String(seedOf(seed, BigInt(index))));
    for (const name of this.once) edits.set(name, undefined);
    edits.set('messages', this.messages(text));
    edits.set('continue_final_message', 'true');
    edits.set('add_generation_prompt', 'false');
    return spliceMembers(this.request.body, edits);
  }

  /** The whole request again, after its hand-over was made use of. */
  undivided(): BodySlices {
    const edits = new Map<string, MemberEdit>();
    for (const name of this.once) edits.set(name, undefined);
    return spliceMembers(this.request.body, edits);
  }

  private messages(text: Buffer): BodySlices {
    const { body, place } = this.request;
    const { valueStart, valueEnd } = findMember(body, 'messages')!;
    return [
      body.bytes.subarray(valueStart, place.at),
      Buffer.from(place.before),
      text,
      Buffer.from(place.after),
      body.bytes.subarray(place.at, valueEnd),
    ];
  }
}

function limitEdits({ most, least }: ChunkLimits): Map<string, MemberEdit> {
  const edits = new Map<string, MemberEdit>();
  if (most !== undefined) {
    edits.set('max_tokens', String(most));
    edits.set('max_completion_tokens', String(most));
  }
  if (least !== undefined) edits.set('min_tokens', String(least));
  return edits;
}

/** Another one for each chunk, and the same for the same request. */
function seedOf(seed: bigint, index: bigint): bigint {
  return seed + index > LARGEST_SEED && seed <= LARGEST_SEED ? seed - index : seed + index;
}
