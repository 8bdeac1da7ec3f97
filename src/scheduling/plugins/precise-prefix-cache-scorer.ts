import { definePlugin } from '../plugin-definition.js';
import { PRECISE_PREFIX_PRODUCER } from '../prefix-match.js';
import { NO_PARAMETERS } from './no-parameters.js';
import { PrefixCacheScorer } from './prefix-cache-scorer.js';

export const precisePrefixCacheScorer = definePlugin({
  type: 'precise-prefix-cache-scorer',
  kinds: ['scorer'],
  summary:
    'Prefers servers that hold the beginning of the prompt by what they say themselves: the part that precise-prefix-cache-producer finds. `prefix-cache-scorer` with its prefixMatchInfoProducerName is the same.',
  parameters: NO_PARAMETERS,
  needs: () => [PRECISE_PREFIX_PRODUCER],
  create: () =>
    new PrefixCacheScorer({
      producer: PRECISE_PREFIX_PRODUCER,
      matchLengthWeight: 0,
      matchLengthScaleTokens: 8192,
    }),
});
