import { nameOfStatus } from './error-codes.js';
import type { HistogramSeries } from './series-histogram.js';
import type { FlowSeries } from './request-series.js';

const SERVER_ERROR = 'ModelServerError';

/** What an answer told of its tokens; see `AnswerWatch`. */
export interface AnswerTokens {
  readonly prompt: number | undefined;
  readonly completion: number | undefined;
  readonly cached: number | undefined;
  readonly isStream: boolean;
}

/**
 * Counts one request from its arrival to its end. Each method is called at most once, in the order in which they stand
 * here, and any may be left out but {@link ended}.
 */
export class RequestRecord {
  private isRunning = false;
  private isOver = false;
  private isGood = false;
  private firstByteAt = 0;

  /** @param arrivedAt `performance.now()` of its last byte @param bytes of its body */
  constructor(
    readonly series: FlowSeries,
    private readonly arrivedAt: number,
    private readonly bytes: number,
  ) {
    series.started++;
  }

  /** An endpoint was found for it. */
  decided(): void {
    if (this.isRunning || this.isOver) return;
    this.isRunning = true;
    this.series.running++;
  }

  /** It was refused here. @param status of the answer */
  refused(status: number): void {
    this.series.failed(nameOfStatus(status));
  }

  /** The head of the answer came from the model server. */
  answered(status: number): void {
    if (status >= 500) this.series.failed(SERVER_ERROR);
    this.isGood = status >= 200 && status < 300;
  }

  /** Told the time between tokens, for an `AnswerWatch`; of answers with 2xx alone. */
  get gaps(): HistogramSeries {
    return this.series.model.answers.gaps;
  }

  /** The first byte of the body of the answer came. @param now `performance.now()` */
  firstByte(now: number): void {
    if (this.firstByteAt === 0) this.firstByteAt = now;
  }

  /**
   * It is over, whatever became of it; a second call does nothing.
   *
   * @param now `performance.now()`
   * @param isWhole the answer came to its end
   * @param bytes of the body of the answer
   * @param tokens what it told of them
   */
  ended(now: number, isWhole: boolean, bytes: number, tokens: AnswerTokens | undefined): void {
    if (this.isOver) return;
    this.isOver = true;
    if (this.isRunning) this.series.running--;
    if (!this.isGood) return;
    const { answers } = this.series.model;
    const first = this.firstByteAt;
    const isStream = tokens?.isStream ?? false;
    if (first > 0) {
      (isStream ? answers.streamedTtft : answers.ttft).observe((first - this.arrivedAt) / 1000);
    }
    if (!isWhole) return;
    const seconds = (now - this.arrivedAt) / 1000;
    answers.duration.observe(seconds);
    answers.requestBytes.observe(this.bytes);
    answers.responseBytes.observe(bytes);
    if (tokens === undefined) return;
    const { prompt, completion, cached } = tokens;
    if (prompt !== undefined) answers.input.observe(prompt);
    if (cached !== undefined) answers.cached.observe(cached);
    if (completion === undefined) return;
    answers.output.observe(completion);
    if (completion > 0) answers.normalized.observe(seconds / completion);
    if (isStream && first > 0 && completion > 1) {
      answers.perToken.observe((now - first) / 1000 / (completion - 1));
    }
  }
}
