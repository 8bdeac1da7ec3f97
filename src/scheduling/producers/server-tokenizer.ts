import { createHash } from 'node:crypto';
import { JsonPoster } from '../../endpoint/json-post.js';
import { reasonOf } from '../../config/config-error.js';
import { TokenCache } from '../../kv-events/token-cache.js';
import type { Logger } from '../../logging/logger.js';
import { tokenIds, tokenizeQuestion } from '../../openai/tokenize-question.js';
import { CircuitBreaker } from '../../resilience/circuit-breaker.js';
import type { InferenceRequest } from '../inference-request.js';
import type { Endpoints } from '../plugin.js';
import type { ScheduledEndpoint } from '../scheduled-endpoint.js';

type Tokens = Uint32Array | undefined;

/** A longer one takes seconds to tokenize, and the server's time. */
const MAX_QUESTION_BYTES = 4 * 1024 * 1024;
const TIMEOUT_MS = 5000;
/** After so many failures in a row a server is not asked for a while. */
const BREAKER = { threshold: 5, cooldown: 2000 };

/** Has prompts tokenized by the model servers themselves (vLLM's `POST /tokenize`), each in its turn. */
export class ServerTokenizer {
  private readonly cache = new TokenCache();
  private readonly asked = new Map<string, Promise<Tokens>>();
  private readonly poster = new JsonPoster();
  private readonly breakers = new WeakMap<ScheduledEndpoint, CircuitBreaker>();
  private turn = 0;
  private hasWarned = false;

  constructor(private readonly logger: Logger) {}

  /** @returns the tokens that need no question */
  known({ body, path, targetModel }: InferenceRequest): Tokens {
    const question = body && tokenizeQuestion(path, body, targetModel);
    return question && 'ids' in question ? question.ids : undefined;
  }

  /** @returns undefined where nobody is asked; else a promise that never rejects */
  ask(request: InferenceRequest, endpoints: Endpoints): Promise<Tokens> | undefined {
    const { body, path, targetModel } = request;
    const question = body && tokenizeQuestion(path, body, targetModel);
    if (!question || !('body' in question)) return undefined;
    const key = createHash('sha256').update(question.body).digest('base64');
    const known = this.cache.get(key);
    if (known) return Promise.resolve(known);
    const under = this.asked.get(key);
    if (under) return under;
    const endpoint = question.body.length > MAX_QUESTION_BYTES ? undefined : this.next(endpoints);
    if (!endpoint) return undefined;
    const answer = this.tokensFrom(endpoint, question.body, request).then((tokens) => {
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

  private next(endpoints: Endpoints): ScheduledEndpoint | undefined {
    const start = this.turn++;
    for (let i = 0; i < endpoints.length; i++) {
      const endpoint = endpoints[(start + i) % endpoints.length]!;
      if (this.breakerOf(endpoint).admits) return endpoint;
    }
    return undefined;
  }

  private breakerOf(endpoint: ScheduledEndpoint): CircuitBreaker {
    let breaker = this.breakers.get(endpoint);
    if (!breaker) this.breakers.set(endpoint, (breaker = new CircuitBreaker(BREAKER)));
    return breaker;
  }

  private async tokensFrom(
    endpoint: ScheduledEndpoint,
    body: Buffer,
    { headers }: InferenceRequest,
  ): Promise<Tokens> {
    const end = this.breakerOf(endpoint).begin();
    try {
      const answer = await this.poster.post({
        url: new URL(`http://${endpoint.id}/tokenize`),
        body: [body],
        timeout: TIMEOUT_MS,
        authorization: headers.get('authorization'),
      });
      const tokens = answer.status === 200 ? tokensIn(answer.body) : undefined;
      // What the client asked may be wrong: that says nothing about the server.
      const isRefused = answer.status >= 400 && answer.status < 500;
      end?.(tokens ? 'success' : isRefused ? 'abandoned' : 'failure');
      if (!tokens) this.warn(endpoint, `it answered ${answer.status}`);
      return tokens;
    } catch (error) {
      end?.('failure');
      this.warn(endpoint, reasonOf(error));
      return undefined;
    }
  }

  private warn({ id }: ScheduledEndpoint, reason: string): void {
    if (this.hasWarned) return;
    this.hasWarned = true;
    this.logger.warn('a prompt was not tokenized: what caches hold of it is not known', {
      ...{ endpoint: id, reason },
      mend: 'see that the server has POST /tokenize, or give a token-producer the url of a vLLM',
    });
  }
}

function tokensIn(body: Buffer): Tokens {
  try {
    const { tokens } = JSON.parse(body.toString()) as { tokens?: unknown };
    return tokenIds(tokens);
  } catch {
    return undefined;
  }
}
