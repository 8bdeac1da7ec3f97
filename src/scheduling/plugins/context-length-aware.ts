import * as z from 'zod';
import { definePlugin } from '../plugin-definition.js';
import type { Endpoints, Filter, Scorer } from '../plugin.js';
import type { InferenceRequest } from '../inference-request.js';
import { TOKEN_PRODUCER, tokenCount } from '../token-count.js';
import { ContextRanges, type ContextRange } from './context-ranges.js';

/** Of servers that say no range. */
const NEUTRAL = 0.5;
/** What is out of range stays below, what is in range above. */
const BORDER = 0.3;

/** Those first whose range of context lengths fits the prompt best: narrow ones, and with room left above it. */
export class ContextLengthAware implements Filter, Scorer {
  private readonly ranges: ContextRanges;

  /**
   * @param label that says the range: `min-max`, in tokens, both included
   * @param isFiltering leave out those whose range does not hold the prompt
   */
  constructor(
    label: string,
    private readonly isFiltering: boolean,
  ) {
    this.ranges = new ContextRanges(label);
  }

  filter(request: InferenceRequest, endpoints: Endpoints): Endpoints {
    if (!this.isFiltering) return endpoints;
    const tokens = tokenCount(request);
    const kept = endpoints.filter((endpoint) => {
      const range = this.ranges.of(endpoint);
      return range === undefined || holds(range, tokens);
    });
    return kept.length === endpoints.length ? endpoints : kept;
  }

  score(request: InferenceRequest, endpoints: Endpoints, scores: Float64Array): void {
    const tokens = tokenCount(request);
    for (let i = 0; i < endpoints.length; i++) {
      const range = this.ranges.of(endpoints[i]!);
      scores[i] = range === undefined ? NEUTRAL : fitness(range, tokens);
    }
  }
}

/** An unreadable range, whose bounds are NaN, holds nothing. */
function holds({ min, max }: ContextRange, tokens: number): boolean {
  return tokens >= min && tokens <= max;
}

function fitness(range: ContextRange, tokens: number): number {
  const { min, max } = range;
  if (holds(range, tokens)) {
    const width = max - min;
    if (width === 0) return 1;
    const fit = 0.7 / (1 + width / 10_000) + (0.3 * (max - tokens)) / width;
    return BORDER + (1 - BORDER) * fit;
  }
  const distance = tokens > max ? tokens - max : min - tokens;
  return Number.isNaN(distance) ? 0 : BORDER / (1 + distance / 1000);
}

export const contextLengthAware = definePlugin({
  type: 'context-length-aware',
  kinds: ['filter', 'scorer'],
  summary:
    'Prefers servers whose range of context lengths holds the prompt: above 0.3 in range, up to 0.3 by nearness out of it, 0.5 without a label, 0 where it cannot be read.',
  parameters: z.strictObject({
    label: z
      .string()
      .min(1)
      .default('llm-d.ai/context-length-range')
      .describe('Label of the server that says its range in tokens: `min-max`.'),
    enableFiltering: z
      .boolean()
      .default(false)
      .describe('Leave out servers whose range does not hold the prompt.'),
  }),
  needs: () => [TOKEN_PRODUCER],
  create: ({ label, enableFiltering }) => new ContextLengthAware(label, enableFiltering),
});
