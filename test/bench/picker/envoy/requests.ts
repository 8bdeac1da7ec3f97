import { monotonicMs } from '../../wire/clock.js';
import { Answer, AnswerReader } from './answers.js';
import type { CallStream, Connection, StreamHandler } from './connection.js';
import { number, RESPONSE, type Script } from './script.js';

const DESTINATION = Buffer.from('x-gateway-destination-endpoint');
const NOTHING = Buffer.alloc(0);
let count = 0;

/** How one request went. */
export interface RequestEnd {
  /** Milliseconds from the first byte to the last one that Envoy needs to send the request on; NaN where that never came. */
  readonly decidedIn: number;
  /** What went wrong; undefined where nothing did. */
  readonly problem: string | undefined;
}

/** Plays Envoy for one request and its answer, in full duplex. */
export class PlayedStream implements StreamHandler {
  private readonly begun = monotonicMs();
  private readonly reader = new AnswerReader((answer, message) => this.answered(answer, message));
  private readonly stream: CallStream;
  private readonly ended: (end: RequestEnd) => void;
  private readonly holds: boolean;
  private decidedIn = NaN;
  private hasDestination = false;
  private isComplete = false;
  private problem: string | undefined;

  /** @param holds the answer never comes, and the stream stays open @param ended once, also when a held one is decided */
  constructor(
    connection: Connection,
    script: Script,
    holds: boolean,
    ended: (end: RequestEnd) => void,
  ) {
    this.ended = ended;
    this.holds = holds;
    this.stream = connection.call(this);
    number(script, count++);
    this.stream.send(script.headers);
    for (const message of script.body) this.stream.send(message);
  }

  data(bytes: Buffer): void {
    this.reader.push(bytes);
  }

  closed(wasReset: boolean): void {
    if (!this.isComplete) this.problem ??= wasReset ? 'a stream was reset' : 'a stream ended early';
    if (!this.holds || Number.isNaN(this.decidedIn)) this.end();
  }

  private answered(answer: Answer, message: Buffer): void {
    if (answer === Answer.requestHeaders) this.hasDestination = message.includes(DESTINATION);
    else if (answer === Answer.requestBodyEnd) this.decided();
    else if (answer === Answer.responseBodyEnd) {
      this.isComplete = true;
      this.stream.send(NOTHING, true);
    } else if (answer === Answer.immediate) {
      this.problem ??= `refused: ${message.toString('latin1').replace(/[^ -~]+/g, ' ')}`.slice(
        0,
        200,
      );
      this.stream.send(NOTHING, true);
    }
  }

  private decided(): void {
    this.decidedIn = monotonicMs() - this.begun;
    if (!this.hasDestination) this.problem ??= 'a decision without a destination';
    if (this.holds) return this.end();
    for (const message of RESPONSE) this.stream.send(message);
  }

  private end(): void {
    this.ended({ decidedIn: this.decidedIn, problem: this.problem });
  }
}
