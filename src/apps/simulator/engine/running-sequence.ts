import type { AnswerText } from './answer-text.js';
import type { DecodeLoop, Sequence } from './decode-loop.js';
import { AbortedError } from './engine-error.js';
import type { End, GenerationRequest, Token, TokenListener } from './generation.js';
import { decode, encode } from './tokens.js';

/** How a sequence ended. */
export interface Ended extends End {
  readonly tokens: number;
}

/** One answer while it is generated. */
export class RunningSequence implements Sequence {
  private readonly forced: readonly string[] | undefined;
  private tokens = 0;
  /** The end of the text, as long as a stop string may need it. */
  private tail = '';
  private resolve: (ended: Ended) => void = () => undefined;

  /** @param room tokens that the model has left for the answer */
  constructor(
    private readonly request: GenerationRequest,
    private readonly text: AnswerText,
    kv: number,
    private readonly room: number,
    private readonly onToken: TokenListener,
  ) {
    const said = request.forced?.(kv);
    this.forced = said === undefined ? undefined : encode(said).map((id) => decode([id]));
  }

  /** @returns when the last token was generated; @throws AbortedError when the client leaves first */
  async run(loop: DecodeLoop): Promise<Ended> {
    const { signal } = this.request;
    if (signal.aborted) throw new AbortedError();
    let leave = (): void => undefined;
    const ended = new Promise<Ended>((resolve, reject) => {
      this.resolve = resolve;
      leave = () => {
        loop.delete(this);
        reject(new AbortedError());
      };
    });
    signal.addEventListener('abort', leave, { once: true });
    // The prefill gives the first token, each step one more.
    if (this.step()) loop.add(this);
    try {
      return await ended;
    } finally {
      signal.removeEventListener('abort', leave);
    }
  }

  step(): boolean {
    const token = this.next();
    this.tokens++;
    const stop = this.stopStringIn(token.text);
    const text = stop === undefined ? token.text : this.beforeStop(token.text, stop);
    const end = this.endAfter(stop);
    this.onToken({ text, id: token.id }, end);
    if (end) this.resolve({ ...end, tokens: this.tokens });
    return end === undefined;
  }

  private next(): Token {
    const text = this.forced?.[this.tokens] ?? (this.forced ? '' : this.text.next());
    return { text, id: encode(text)[0] ?? 0 };
  }

  private endAfter(stop: string | undefined): End | undefined {
    const { maxTokens } = this.request;
    if (stop !== undefined) return { finishReason: 'stop', stopReason: stop };
    const says =
      this.forced?.length ?? (maxTokens === undefined ? this.text.naturalLength : Infinity);
    if (this.tokens >= says) return { finishReason: 'stop', stopReason: null };
    const limit = Math.min(maxTokens ?? Infinity, this.room);
    return this.tokens >= limit ? { finishReason: 'length', stopReason: null } : undefined;
  }

  /** Remembers as much text as a stop string may reach back. */
  private stopStringIn(added: string): string | undefined {
    const { stop } = this.request;
    if (stop.length === 0) return undefined;
    const longest = Math.max(...stop.map((text) => text.length));
    this.tail = (this.tail + added).slice(-(longest + added.length));
    return stop.find((text) => text !== '' && this.tail.includes(text));
  }

  /** What of the last token stands before the stop string; text sent earlier cannot be taken back. */
  private beforeStop(added: string, stop: string): string {
    const start = this.tail.indexOf(stop) - (this.tail.length - added.length);
    return added.slice(0, Math.max(0, start));
  }
}
