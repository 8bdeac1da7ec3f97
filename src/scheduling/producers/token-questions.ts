import { createHash } from 'node:crypto';
import { reasonOf } from '../../config/config-error.js';
import { JsonPoster, type JsonAnswer } from '../../endpoint/json-post.js';
import { TokenCache } from '../../kv-events/token-cache.js';
import type { Logger } from '../../logging/logger.js';
import { CircuitBreaker } from '../../resilience/circuit-breaker.js';

type Tokens = Uint32Array | undefined;

/** What is asked of whom. */
export interface TokenQuestion {
  readonly url: URL;
  readonly body: readonly Uint8Array[];
  /** Milliseconds. */
  readonly timeout: number;
  readonly authorization: string | undefined;
  /** @param body of an answer, as JSON @returns undefined where it is none that has tokens */
  read(body: unknown): Tokens;
}

/** After so many failures in a row a server is not asked for a while. */
const BREAKER = { threshold: 5, cooldown: 2000 };
/** A failure is told of at most so often, in milliseconds. */
const WARNING_INTERVAL_MS = 10_000;

/** Asks servers for the tokens of prompts. What was answered lately is known, and what is being asked is not asked again. */
export class TokenQuestions {
  private readonly cache = new TokenCache();
  private readonly asked = new Map<string, Promise<Tokens>>();
  private readonly poster = new JsonPoster();
  private lastWarning = -Infinity;

  /** @param mend what can be done about servers that do not answer */
  constructor(
    private readonly logger: Logger,
    private readonly mend: string,
  ) {}

  /**
   * @param whom is to be asked, if anybody is: not called where the answer is known
   * @returns the tokens where they are known; a promise that never rejects where somebody is asked; else undefined
   */
  ask(
    body: readonly Uint8Array[],
    whom: () => { question: Omit<TokenQuestion, 'body'>; breaker: CircuitBreaker } | undefined,
  ): Tokens | Promise<Tokens> {
    const key = digestOf(body);
    const known = this.cache.get(key) ?? this.asked.get(key);
    if (known) return known;
    const found = whom();
    if (!found) return undefined;
    const answer = this.tokensFrom({ ...found.question, body }, found.breaker).then((tokens) => {
      this.asked.delete(key);
      if (tokens) this.cache.set(key, tokens);
      return tokens;
    });
    this.asked.set(key, answer);
    return answer;
  }

  close(): void {
    this.poster.close();
  }

  private async tokensFrom(question: TokenQuestion, breaker: CircuitBreaker): Promise<Tokens> {
    const end = breaker.begin();
    try {
      const answer = await this.poster.post(question);
      const tokens = answer.status === 200 ? question.read(jsonOf(answer)) : undefined;
      // What the client asked may be wrong: that says nothing about the server.
      const isRefused = answer.status >= 400 && answer.status < 500;
      end?.(tokens ? 'success' : isRefused ? 'abandoned' : 'failure');
      if (!tokens) this.warn(question, `it answered ${answer.status}`);
      return tokens;
    } catch (error) {
      end?.('failure');
      this.warn(question, reasonOf(error));
      return undefined;
    }
  }

  private warn({ url }: TokenQuestion, reason: string): void {
    const now = performance.now();
    if (now - this.lastWarning < WARNING_INTERVAL_MS) return;
    this.lastWarning = now;
    this.logger.warn('a prompt was not tokenized', { url: url.href, reason, mend: this.mend });
  }
}

/** @returns a breaker for a server that is asked for tokens */
export function tokenBreaker(): CircuitBreaker {
  return new CircuitBreaker(BREAKER);
}

function digestOf(pieces: readonly Uint8Array[]): string {
  const hash = createHash('sha256');
  for (const piece of pieces) hash.update(piece);
  return hash.digest('base64');
}

function jsonOf({ body }: JsonAnswer): unknown {
  try {
    return JSON.parse(body.toString());
  } catch {
    return undefined;
  }
}
