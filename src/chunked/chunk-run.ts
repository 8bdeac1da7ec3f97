import { HeldBytes } from '../openai/held-bytes.js';
import { mediaTypeOf } from '../openai/media-type.js';
import { byteLength, type BodySlices } from '../openai/json-splice.js';
import { headOfPieces, headOfWhole } from '../proxy/answer-head.js';
import { contentTypeOf } from '../proxy/content-type.js';
import { isSuccess } from '../proxy/is-success.js';
import type { Origin } from '../proxy/origin.js';
import { UpstreamError } from '../proxy/upstream-error.js';
import type {
  AnswerHead,
  AnswerRead,
  AnswerReceiver,
  Requester,
  UpstreamCall,
  UpstreamRequest,
} from '../proxy/upstream.service.js';
import type { ChunkedAnswer } from './chunked-answer.js';
import { isContextEnd } from './context-end.js';
import type { Verdict } from './stitcher.js';

const NOTHING = Buffer.alloc(0);
/** What an engine says about a request that it refuses is shorter. */
const MAX_REFUSAL = 1024 * 1024;

/** What comes from the engine: a chunk; the answer as it is; or a refusal to go on. */
type Taking = 'chunk' | 'answer' | 'refusal';

/**
 * Looks like one request to an engine, whose one answer is put together of the answers to several: each goes on where the
 * one before reached its limit. A client that reads slowly stops the reading, and between two of them the next one.
 */
export class ChunkRun implements UpstreamCall {
  private call: UpstreamCall | undefined;
  /** Requests so far; what comes for an earlier one is too late. */
  private sent = 0;
  private isUndivided = false;
  private taking: Taking = 'chunk';
  /** Of the running request's answer. */
  private head!: AnswerHead;
  /** Of the last chunk. */
  private chunkHead!: AnswerHead;
  private isHeadGiven = false;
  private readonly refusal = new HeldBytes();
  private isPaused = false;
  /** What is to be done when the client reads again. */
  private waiting: (() => void) | undefined;
  private isOver = false;

  constructor(
    private readonly upstream: Requester,
    private readonly origin: Origin,
    private readonly request: UpstreamRequest,
    private readonly receiver: AnswerReceiver,
    private readonly answer: ChunkedAnswer,
  ) {}

  /** Sends the first request, which was written already. */
  start(): this {
    const { stitcher, budget, observer } = this.answer;
    stitcher.begin(budget.isLast);
    observer.onChunk(budget.current.most);
    this.send(this.request);
    return this;
  }

  pause(): void {
    this.isPaused = true;
    this.call?.pause();
  }

  resume(): void {
    this.isPaused = false;
    this.call?.resume();
    const { waiting } = this;
    this.waiting = undefined;
    waiting?.();
  }

  abort(): void {
    this.call?.abort();
    this.finish();
  }

  private send(request: UpstreamRequest): void {
    const number = ++this.sent;
    this.call = this.upstream.request(this.origin, request, {
      onRead: (read) => {
        if (number === this.sent) this.onRead(read);
      },
      onFailure: (error) => this.fail(error),
    });
  }

  private onRead(read: AnswerRead): void {
    if (read.head && !this.begin(read.head)) return;
    if (this.taking === 'answer') this.pass(read);
    else if (this.taking === 'chunk') this.stitch(read);
    else this.keep(read);
  }

  /** @returns false when the answer is of no use: something else was done */
  private begin(head: AnswerHead): boolean {
    this.head = head;
    const type = mediaTypeOf(contentTypeOf(head) ?? '');
    const { stream } = this.answer;
    const fits = type === (stream ? 'text/event-stream' : 'application/json');
    if (this.isUndivided) {
      this.taking = 'answer';
      if (this.isHeadGiven && !fits) this.break();
      return !this.isOver;
    }
    if (!isSuccess(head)) this.taking = this.sent === 1 ? 'answer' : 'refusal';
    else if (fits) {
      this.taking = 'chunk';
      this.chunkHead = head;
    } else {
      this.turn(this.isHeadGiven ? 'broken' : 'undivided');
      return false;
    }
    if (this.taking === 'chunk' && stream && !this.isHeadGiven) {
      this.give(NOTHING, { head: headOfPieces(head) });
    }
    return !this.isOver;
  }

  /** As it comes, but for a head that the client has. */
  private pass(read: AnswerRead): void {
    this.receiver.onRead(this.isHeadGiven && read.head ? { ...read, head: undefined } : read);
    if (read.done) this.finish();
  }

  private stitch(read: AnswerRead): void {
    const { stitcher } = this.answer;
    const pieces: Buffer[] = [];
    for (let i = 0; i < read.spans.length; i += 2) {
      pieces.push(stitcher.push(read.bytes.subarray(read.spans[i], read.spans[i + 1])));
    }
    if (stitcher.unfit) return this.turn(stitcher.unfit);
    if (!read.done) return this.give(join(pieces));
    const { verdict, output } = stitcher.end();
    pieces.push(output);
    if (verdict === 'done') return this.complete(join(pieces));
    this.give(join(pieces));
    if (!this.isOver) this.turn(verdict);
  }

  /** An engine's refusal to go on. */
  private keep(read: AnswerRead): void {
    const { refusal, head } = this;
    for (let i = 0; i < read.spans.length; i += 2) {
      refusal.append(read.bytes, read.spans[i], read.spans[i + 1]);
    }
    if (refusal.length > MAX_REFUSAL) return this.break();
    if (!read.done) return;
    const body = refusal.bytes;
    if (isContextEnd(head.statusCode, body)) this.complete(this.answer.stitcher.close());
    else if (this.isHeadGiven) this.break();
    else this.give(body, { head, done: true });
  }

  /** The answer is there. @param rest of it */
  private complete(rest: Buffer): void {
    const { chunkHead: head, sent } = this;
    // The only answer there is goes on as it came.
    const whole = sent === 1 ? head : headOfWhole(head, rest.length);
    this.give(rest, { head: this.isHeadGiven ? undefined : whole, done: true });
  }

  private turn(verdict: Exclude<Verdict, 'done'>): void {
    if (verdict === 'broken') return this.break();
    const { budget, usage } = this.answer;
    this.call?.abort();
    // The connection is used again once this read is over.
    queueMicrotask(() => {
      if (this.isOver) return;
      const next = (): void => (verdict === 'undivided' ? this.restart() : this.goOn());
      if (this.isPaused) this.waiting = next;
      else next();
    });
    budget.spend(usage.tokens);
    if (verdict === 'rest') budget.takeRest();
  }

  private goOn(): void {
    const { bodies, budget, stitcher, text, observer } = this.answer;
    if (!observer.onText(text.length)) budget.takeRest();
    const limits = budget.next();
    stitcher.begin(budget.isLast);
    observer.onChunk(limits.most);
    // A copy: the text grows while the request is on its way.
    this.sendBody(bodies.continuation(this.sent, Buffer.from(text.bytes), limits));
  }

  private restart(): void {
    this.isUndivided = true;
    this.answer.observer.onUndivided();
    this.sendBody(this.answer.bodies.undivided());
  }

  private sendBody(body: BodySlices): void {
    const head = this.answer.head(byteLength(body));
    this.send({ ...this.request, head, body, memory: undefined });
  }

  private give(
    bytes: Buffer,
    { head, done = false }: { head?: AnswerHead | undefined; done?: boolean } = {},
  ): void {
    if (head) this.isHeadGiven = true;
    if (done) this.finish();
    if (!head && !done && bytes.length === 0) return;
    const spans = bytes.length === 0 ? [] : [0, bytes.length];
    const read = { bytes, end: bytes.length, spans, head, done };
    this.receiver.onRead({ ...read, interim: [], trailers: '', surplus: false });
  }

  /** The client has a part of an answer that cannot go on. */
  private break(): void {
    const reason = `chunk ${this.sent} was answered with ${this.head.statusCode} and cannot be used`;
    this.call?.abort();
    this.fail(new UpstreamError('protocol', this.origin.label, { cause: new Error(reason) }));
  }

  private fail(error: UpstreamError): void {
    if (this.isOver) return;
    this.finish();
    this.receiver.onFailure(error);
  }

  private finish(): void {
    if (this.isOver) return;
    this.isOver = true;
    this.waiting = undefined;
    this.answer.observer.onOver(this.answer.usage.total);
  }
}

function join(pieces: readonly Buffer[]): Buffer {
  return pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces);
}
