import type { RequestRecord } from '../../../metrics/request-record.js';
import { answerWatch, type AnswerWatch } from '../../../openai/answer-watch.js';
import { modelNameTransform } from '../../../openai/model-name-transform.js';
import type { PayloadTransform } from '../../../openai/payload-transform.js';

const NOTHING = Buffer.alloc(0);

/** The head of an answer, as far as it says how to read its body: see `HeaderMap`. */
export interface AnswerHead {
  get(name: string): string | undefined;
}

/** An answer that passes: it is counted, and its model named as the client did. */
export class SeenAnswer implements PayloadTransform {
  readonly whole = false;
  /** Of the body, as the model server sent it. */
  bytes = 0;

  /** @param tokens reads what the answer says of them @param renamed changes the model; undefined: not a byte changes */
  constructor(
    private readonly record: RequestRecord,
    readonly tokens: AnswerWatch | undefined,
    private readonly renamed: PayloadTransform | undefined,
  ) {}

  /** A Content-Length stays true. */
  get keepsLength(): boolean {
    return this.renamed === undefined;
  }

  push(bytes: Buffer): Buffer {
    if (this.bytes === 0 && bytes.length > 0) this.record.firstByte(performance.now());
    this.bytes += bytes.length;
    this.tokens?.push(bytes);
    return this.renamed ? this.renamed.push(bytes) : bytes;
  }

  end(): Buffer {
    this.tokens?.end();
    return this.renamed?.end() ?? NOTHING;
  }
}

/**
 * @param model that the client named, where the server was asked for another one
 * @returns undefined where there is nothing to see in the body, and nothing to change
 */
export function seenAnswer(
  head: AnswerHead,
  record: RequestRecord,
  model: string | undefined,
): SeenAnswer | undefined {
  const status = Number(head.get(':status'));
  const isGood = status >= 200 && status < 300;
  const coding = head.get('content-encoding');
  // What is compressed cannot be read here, and neither changed.
  const type = coding === undefined || coding === 'identity' ? head.get('content-type') : undefined;
  const renamed =
    model === undefined || type === undefined ? undefined : modelNameTransform(model, type);
  if (!isGood && !renamed) return undefined;
  const tokens = isGood && type !== undefined ? answerWatch(type, false, record.gaps) : undefined;
  return new SeenAnswer(record, tokens, renamed);
}
