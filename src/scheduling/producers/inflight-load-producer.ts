import * as z from 'zod';
import { valueOf } from '../../openai/json-value.js';
import type { InferenceRequest } from '../inference-request.js';
import { definePlugin } from '../plugin-definition.js';
import type { Producer } from '../plugin.js';
import { APPROXIMATE_PREFIX_PRODUCER, prefixMatch } from '../prefix-match.js';
import { LOAD_PRODUCER, type RequestLoad } from '../request-load.js';
import type { ScheduledEndpoint } from '../scheduled-endpoint.js';
import { TOKEN_PRODUCER, tokenCount } from '../token-count.js';

const parameters = z.strictObject({
  addEstimatedOutputTokens: z
    .boolean()
    .default(false)
    .describe('Tokens of the answer count too, as far as they can be estimated.'),
  outputRatio: z
    .number()
    .min(0)
    .default(1.5)
    .describe('Tokens of an answer for each token of its prompt.'),
  maxEstimatedOutputTokens: z
    .int()
    .min(0)
    .optional()
    .describe('No answer is estimated to have more.'),
  prefixMatchInfoProducerName: z
    .string()
    .default(APPROXIMATE_PREFIX_PRODUCER)
    .describe('The producer by which the part of a prompt that is cached does not count.'),
  syncCrossReplicaState: z
    .boolean()
    .optional()
    .describe('Has no effect: loads are not shared with other replicas.'),
});

type Parameters = z.output<typeof parameters>;

/** Members by which clients bound an answer. */
const LIMITS = ['max_completion_tokens', 'max_tokens', 'max_output_tokens'] as const;

class Load implements RequestLoad {
  constructor(
    private readonly request: InferenceRequest,
    private readonly parameters: Parameters,
  ) {}

  promptTokens(endpoint: ScheduledEndpoint): number {
    const { request } = this;
    const count = tokenCount(request);
    const match = prefixMatch(request, this.parameters.prefixMatchInfoProducerName);
    return match ? Math.max(0, count - match.matchedBlocks(endpoint) * match.blockSize) : count;
  }

  outputTokens(): number {
    const { addEstimatedOutputTokens, outputRatio, maxEstimatedOutputTokens } = this.parameters;
    if (!addEstimatedOutputTokens) return 0;
    const estimated = Math.round(tokenCount(this.request) * outputRatio);
    return Math.min(estimated, maxEstimatedOutputTokens ?? Infinity, limitOf(this.request));
  }
}

function limitOf({ body }: InferenceRequest): number {
  if (!body) return Infinity;
  for (const name of LIMITS) {
    const limit = valueOf(body, name);
    if (typeof limit === 'number' && limit >= 0) return limit;
  }
  return Infinity;
}

export const inflightLoadProducer = definePlugin({
  type: LOAD_PRODUCER,
  kinds: ['producer'],
  summary: 'Says for how many tokens a request counts while it is in flight.',
  parameters,
  needs: () => [TOKEN_PRODUCER],
  create: (given: Parameters): Producer => ({
    produce: (request) => void request.attributes.set(LOAD_PRODUCER, new Load(request, given)),
  }),
});
