import type { UpstreamError } from '../../src/proxy/upstream-error.js';
import type { AnswerReceiver } from '../../src/proxy/upstream.service.js';
import type { ParsedRead } from '../../src/proxy/wire/response-parser.js';
import type { ResponseHead } from '../../src/proxy/wire/response-head.js';
import { until } from './raw-client.js';

/** Keeps an answer of an engine, and notices calls that must not come. */
export class AnswerRecorder implements AnswerReceiver {
  head: ResponseHead | undefined;
  payload = '';
  trailers = '';
  done = false;
  failure: UpstreamError | undefined;
  reads = 0;
  /** Calls after the answer was complete or had failed. */
  late = 0;

  onRead(read: ParsedRead): void {
    if (this.done || this.failure) this.late++;
    this.reads++;
    this.head ??= read.head;
    for (let i = 0; i < read.spans.length; i += 2) {
      this.payload += read.bytes.toString('latin1', read.spans[i], read.spans[i + 1]);
    }
    this.trailers = read.trailers;
    this.done ||= read.done;
  }

  onFailure(error: UpstreamError): void {
    if (this.done || this.failure) this.late++;
    this.failure = error;
  }

  /** @returns itself when the answer is complete or failed */
  async settled(): Promise<this> {
    await until(() => this.done || this.failure !== undefined);
    return this;
  }
}
