import { HeldBytes } from '../../openai/held-bytes.js';
import type { KeptConnection, PageReceiver } from './kept-connection.js';

const FIRST_RETRY_MS = 500;

export interface ModelPollOptions {
  readonly connection: KeptConnection;
  readonly head: string;
  /** Milliseconds between two questions that were answered. */
  readonly interval: number;
  /** @returns whether the answer is a list of models */
  readonly learn: (answer: Buffer) => boolean;
  /** @param reason why there is none; undefined: it tells again */
  readonly judge: (reason: string | undefined) => void;
  readonly failed: () => void;
}

/** Questions to one server for its models, one at a time. */
export class ModelPoll implements PageReceiver {
  /** `performance.now()` of the next question. */
  due = -Infinity;
  startedAt = 0;
  private readonly answer = new HeldBytes();
  private failures = 0;

  constructor(private readonly options: ModelPollOptions) {}

  get busy(): boolean {
    return this.options.connection.busy;
  }

  start(now: number): void {
    this.startedAt = now;
    this.answer.clear();
    this.options.connection.ask(this.options.head, this);
  }

  expire(milliseconds: number): void {
    this.options.connection.giveUp(`no whole answer within ${milliseconds} ms`);
  }

  stop(): void {
    this.options.connection.abort();
  }

  onBytes(bytes: Buffer, start: number, end: number): void {
    this.answer.append(bytes, start, end);
  }

  onEnd(): void {
    const { learn, judge, interval } = this.options;
    if (!learn(this.answer.bytes)) return this.onFailure('its answer is no list of models');
    if (this.failures > 0) judge(undefined);
    this.failures = 0;
    this.due = performance.now() + interval;
  }

  onFailure(reason: string): void {
    const { failed, judge, interval } = this.options;
    failed();
    if (this.failures === 0) judge(reason);
    this.due = performance.now() + Math.min(FIRST_RETRY_MS * 2 ** this.failures, interval);
    this.failures = Math.min(this.failures + 1, 20);
  }
}
