import type { Logger } from '../../logging/logger.js';
import { spliceMembers } from '../../openai/json-splice.js';
import type { PromptReader, PromptWords } from '../../openai/prompt-words.js';
import { mayHoldMedia } from '../../openai/media-strings.js';
import { tokenIds } from '../../openai/tokenize-question.js';
import type { InferenceRequest } from '../inference-request.js';
import type { Producer } from '../plugin.js';
import { TOKEN_PRODUCER, type TokenizedPrompt } from '../token-count.js';
import { EstimatedPrompt } from './estimated-prompt.js';
import { tokenBreaker, TokenQuestions } from './token-questions.js';

export interface RenderOptions {
  /** Base URL of a vLLM, without a slash at its end. */
  readonly url: string;
  /** The model that it is asked for; undefined: that of the request. */
  readonly model: string | undefined;
  /** Milliseconds. */
  readonly timeout: number;
  /** Of prompts with media, which it may have to fetch. */
  readonly mediaTimeout: number;
}

const MEND = 'see that vllm.url of the token-producer is a vLLM that renders prompts';
/** What a decision may wait longer than the answer is waited for. */
const MARGIN_MS = 50;

/** A prompt whose tokens are known. */
class KnownPrompt implements TokenizedPrompt {
  constructor(readonly ids: Uint32Array) {}

  get count(): number {
    return this.ids.length;
  }

  words(most: number): PromptWords {
    const { buffer, byteOffset, length } = this.ids;
    const words = new Int32Array(buffer, byteOffset, length);
    return { words, count: Math.min(length, most), total: length, areTokens: true };
  }
}

/** Has prompts rendered by a vLLM: its chat template and its tokenizer say what the model gets. */
export class RenderedTokens implements Producer {
  readonly patience: number;
  private readonly questions: TokenQuestions;
  private readonly breaker = tokenBreaker();

  /** @param reader by which tokens are estimated where they cannot be had */
  constructor(
    private readonly options: RenderOptions,
    private readonly reader: PromptReader,
    logger: Logger,
  ) {
    this.patience = Math.max(options.timeout, options.mediaTimeout) + MARGIN_MS;
    this.questions = new TokenQuestions(logger, MEND);
  }

  produce(request: InferenceRequest): void | Promise<void> {
    const { body, attributes } = request;
    if (!body) return;
    const estimated = new EstimatedPrompt(this.reader, body);
    attributes.set(TOKEN_PRODUCER, estimated);
    if (estimated.ids) return;
    const tokens = this.tokensOf(request);
    const take = (ids: Uint32Array | undefined): void => {
      if (ids) attributes.set(TOKEN_PRODUCER, new KnownPrompt(ids));
    };
    return tokens instanceof Promise ? tokens.then(take) : take(tokens);
  }

  close(): void {
    this.questions.close();
  }

  private tokensOf({
    body,
    path,
    targetModel,
    headers,
  }: InferenceRequest): ReturnType<TokenQuestions['ask']> {
    const isChat = path.endsWith('/chat/completions');
    if (!body || !(isChat || path.endsWith('/completions'))) return undefined;
    const { url, model = targetModel, timeout, mediaTimeout } = this.options;
    const asked = spliceMembers(body, new Map([['model', JSON.stringify(model)]]));
    return this.questions.ask(asked, () => {
      if (!this.breaker.admits) return undefined;
      const hasMedia = isChat && mayHoldMedia(body.bytes, body.start, body.end);
      return {
        question: {
          url: new URL(`${url}/v1/${isChat ? 'chat/' : ''}completions/render`),
          timeout: hasMedia ? mediaTimeout : timeout,
          authorization: headers.get('authorization'),
          read: tokensIn,
        },
        breaker: this.breaker,
      };
    });
  }
}

/** Of several prompts the first one. */
function tokensIn(answer: unknown): Uint32Array | undefined {
  const first: unknown = Array.isArray(answer) ? answer[0] : answer;
  return tokenIds((first as { token_ids?: unknown } | undefined)?.token_ids);
}
