import * as z from 'zod';
import { definePlugin } from '../plugin-definition.js';
import type { Decider } from '../plugin.js';
import { APPROXIMATE_PREFIX_PRODUCER, prefixMatch } from '../prefix-match.js';
import { TOKEN_PRODUCER, tokenCount } from '../token-count.js';

const parameters = z.strictObject({
  nonCachedTokens: z
    .int()
    .min(0)
    .default(0)
    .describe('As many tokens that the decoder has not cached are prefilled elsewhere; 0: none.'),
  promptTokens: z
    .int()
    .min(0)
    .default(0)
    .describe('Prompts of fewer tokens are not, whatever is cached; 0: no such limit.'),
  prefixMatchInfoProducerName: z
    .string()
    .default(APPROXIMATE_PREFIX_PRODUCER)
    .describe('The producer that knows what is cached.'),
});

type Parameters = z.output<typeof parameters>;

function create({
  nonCachedTokens,
  promptTokens,
  prefixMatchInfoProducerName: producer,
}: Parameters): Decider {
  return {
    disaggregates: (request, endpoint) => {
      if (nonCachedTokens === 0) return false;
      const count = tokenCount(request);
      if (count < promptTokens || count < nonCachedTokens) return false;
      const match = prefixMatch(request, producer);
      const cached = match && endpoint ? match.matchedBlocks(endpoint) * match.blockSize : 0;
      return count - cached >= nonCachedTokens;
    },
  };
}

export const prefixBasedPdDecider = definePlugin({
  type: 'prefix-based-pd-decider',
  kinds: ['decider'],
  summary: 'Has a prompt prefilled elsewhere when the decoder has too much of it to compute.',
  parameters,
  needs: ({ prefixMatchInfoProducerName: producer }: Parameters) =>
    producer === APPROXIMATE_PREFIX_PRODUCER ? [TOKEN_PRODUCER, producer] : [TOKEN_PRODUCER],
  create,
});
