import type { Logger } from '../../logging/logger.js';
import { tokenIds, tokenizeQuestion } from '../../openai/tokenize-question.js';
import type { CircuitBreaker } from '../../resilience/circuit-breaker.js';
import type { InferenceRequest } from '../inference-request.js';
import type { Endpoints } from '../plugin.js';
import type { ScheduledEndpoint } from '../scheduled-endpoint.js';
import { tokenBreaker, TokenQuestions } from './token-questions.js';

type Tokens = Uint32Array | undefined;

/** A longer one takes seconds to tokenize, and the server's time. */
const MAX_QUESTION_BYTES = 4 * 1024 * 1024;
const TIMEOUT_MS = 5000;
const MEND =
  'see that model servers have POST /tokenize, or give a token-producer the url of a vLLM that renders';

/** Has prompts tokenized by the model servers themselves (vLLM's `POST /tokenize`), each in its turn. */
export class ServerTokenizer {
  private readonly questions: TokenQuestions;
  private readonly breakers = new WeakMap<ScheduledEndpoint, CircuitBreaker>();
  private turn = 0;

  constructor(logger: Logger) {
    this.questions = new TokenQuestions(logger, MEND);
  }

  /** @returns the tokens where they are known; a promise that never rejects where somebody is asked; else undefined */
  tokensOf(request: InferenceRequest, endpoints: Endpoints): Tokens | Promise<Tokens> {
    const { body, path, targetModel, headers } = request;
    const question = body && tokenizeQuestion(path, body, targetModel);
    if (!question) return undefined;
    if ('ids' in question) return question.ids;
    if (question.body.length > MAX_QUESTION_BYTES) return undefined;
    return this.questions.ask([question.body], () => {
      const endpoint = this.next(endpoints);
      if (!endpoint) return undefined;
      const url = new URL(`http://${endpoint.id}/tokenize`);
      const authorization = headers.get('authorization');
      return {
        question: { url, timeout: TIMEOUT_MS, authorization, read: tokensIn },
        breaker: this.breakerOf(endpoint),
      };
    });
  }

  close(): void {
    this.questions.close();
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
    if (!breaker) this.breakers.set(endpoint, (breaker = tokenBreaker()));
    return breaker;
  }
}

function tokensIn(answer: unknown): Tokens {
  return tokenIds((answer as { tokens?: unknown } | undefined)?.tokens);
}
