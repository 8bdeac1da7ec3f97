import { HeldBytes } from './held-bytes.js';
import { mediaTypeOf } from './media-type.js';
import type { PayloadTransform } from './payload-transform.js';

/** A refusal has no text: what is longer is an answer. */
export const MAX_REFUSAL_BYTES = 64 * 1024;

const REFUSED = 'cache_threshold';
const NOTHING = Buffer.alloc(0);
/** An engine that refuses says so in one of its first events. */
const TELLING_EVENTS = 2;
/** Events of responses and messages that come before an engine says anything. */
const OPENING = /"type"\s*:\s*"(?:message_start|ping|response\.(?:created|queued|in_progress))"/;

/**
 * Tells an answer from a refusal to decode a prompt of which too little is cached, the finish reason `cache_threshold`:
 * it holds back a short JSON body, or the first two events of a stream.
 *
 * @param contentType of the answer; anything but JSON and event streams is an answer
 */
export function refusalTransform(contentType: string): PayloadTransform | undefined {
  const type = mediaTypeOf(contentType);
  if (type === 'text/event-stream') return new FirstBytes(judgeEvents);
  if (type === 'application/json') return new FirstBytes(judgeBody);
  return undefined;
}

/** @returns whether it is a refusal; undefined: not known yet */
type Judge = (text: string, complete: boolean) => boolean | undefined;

class FirstBytes implements PayloadTransform {
  whole = true;
  refused = false;
  private readonly held = new HeldBytes();

  constructor(private readonly judge: Judge) {}

  push(bytes: Buffer): Buffer {
    if (!this.whole) return bytes;
    this.held.append(bytes);
    return this.decide(false);
  }

  end(): Buffer {
    return this.whole && !this.refused ? this.decide(true) : NOTHING;
  }

  private decide(complete: boolean): Buffer {
    const refused =
      this.held.length <= MAX_REFUSAL_BYTES
        ? this.judge(this.held.bytes.toString(), complete)
        : false;
    if (refused === undefined) return NOTHING;
    this.refused = refused;
    if (refused) return NOTHING;
    this.whole = false;
    // A copy: what is given out is not to be the bytes that came in, and outlives what is held.
    const answer = Buffer.from(this.held.bytes);
    this.held.clear();
    return answer;
  }
}

const judgeBody: Judge = (text, complete) => (complete ? isRefusal(text) : undefined);

const judgeEvents: Judge = (text, complete) => {
  const events = text.split(/\r?\n\r?\n/);
  if (!complete) events.pop();
  let telling = 0;
  for (const event of events) {
    if (!event.startsWith('data:') && !event.includes('\ndata:')) continue;
    if (isRefusal(dataOf(event))) return true;
    if (!OPENING.test(event)) telling++;
  }
  return complete || telling >= TELLING_EVENTS ? false : undefined;
};

function dataOf(event: string): string {
  return event
    .split(/\r?\n/)
    .filter((line) => line.startsWith('data:'))
    .map((line) => line.slice('data:'.length))
    .join('\n');
}

interface Ended {
  readonly choices?: readonly { readonly finish_reason?: unknown }[] | null;
  readonly stop_reason?: unknown;
  readonly delta?: { readonly stop_reason?: unknown } | null;
  readonly incomplete_details?: { readonly reason?: unknown } | null;
  readonly response?: Ended | null;
}

/** Nothing is written again of what is parsed here, so that nothing can get lost. */
function isRefusal(json: string): boolean {
  if (!json.includes(REFUSED)) return false;
  try {
    return reasonsOf(JSON.parse(json) as Ended).includes(REFUSED);
  } catch {
    return false;
  }
}

/** Where the APIs say why an answer ended. */
function reasonsOf(answer: Ended): unknown[] {
  const { choices, response } = answer;
  return [
    answer.stop_reason,
    answer.delta?.stop_reason,
    answer.incomplete_details?.reason,
    ...(Array.isArray(choices)
      ? choices.map((choice: (Ended & { finish_reason?: unknown }) | null) => choice?.finish_reason)
      : []),
    ...(response ? reasonsOf(response) : []),
  ];
}
