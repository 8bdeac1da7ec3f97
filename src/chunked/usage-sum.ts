import type { JsonObject } from '../openai/json-object.js';
import { spliceNested, type MemberEdit } from '../openai/json-splice.js';
import { rawValue, valueOf } from '../openai/json-value.js';

const DETAILS = 'prompt_tokens_details';

/** The token counts of requests that make one answer: the prompt is the first one's, what was generated is added up. */
export class UsageSum {
  private prompt: number | undefined;
  /** Of the first request, as JSON. */
  private details: string | undefined;
  /** Tokens of the requests before this one; undefined: an engine does not tell. */
  private before: number | undefined = 0;
  private generated: number | undefined;
  private isFirst = true;

  /** Tokens of this request, where the engine says. */
  get tokens(): number | undefined {
    return this.generated;
  }

  /** Tokens of all requests that have ended. */
  get total(): number | undefined {
    return this.before === undefined ? undefined : this.before + (this.generated ?? 0);
  }

  /** Another request begins. */
  next(): void {
    this.before = this.generated === undefined ? undefined : this.total;
    this.generated = undefined;
    this.isFirst = false;
  }

  /** @param usage of this request; the last one counts */
  add(usage: JsonObject): void {
    this.generated = countIn(usage, 'completion_tokens');
    if (!this.isFirst) return;
    this.prompt = countIn(usage, 'prompt_tokens');
    this.details = rawValue(usage, DETAILS)?.toString();
  }

  /** @returns a usage over all requests so far; undefined where it stays as it is */
  over(usage: JsonObject): Buffer | undefined {
    const { prompt, details, total, isFirst } = this;
    if (isFirst || prompt === undefined || total === undefined) return undefined;
    const edits = new Map<string, MemberEdit>([
      ['prompt_tokens', String(prompt)],
      ['completion_tokens', String(total)],
      ['total_tokens', String(prompt + total)],
    ]);
    if (rawValue(usage, DETAILS)) edits.set(DETAILS, details);
    return spliceNested(usage, edits);
  }
}

function countIn(usage: JsonObject, name: string): number | undefined {
  const value = valueOf(usage, name);
  return Number.isSafeInteger(value) ? (value as number) : undefined;
}
