import * as z from 'zod';
import { definePlugin } from '../plugin-definition.js';
import type { Endpoints, Scorer } from '../plugin.js';
import type { InferenceRequest } from '../inference-request.js';

/** Those first whose label has the value that a header of the request names. */
export class HeaderLabelAffinityScorer implements Scorer {
  /** @param header in lower case */
  constructor(
    private readonly header: string,
    private readonly label: string,
  ) {}

  score({ headers }: InferenceRequest, endpoints: Endpoints, scores: Float64Array): void {
    const wanted = headers.get(this.header);
    if (!wanted) {
      scores.fill(0, 0, endpoints.length);
      return;
    }
    const { label } = this;
    for (let i = 0; i < endpoints.length; i++) {
      scores[i] = endpoints[i]!.labels[label] === wanted ? 1 : 0;
    }
  }
}

export const headerLabelAffinityScorer = definePlugin({
  type: 'header-label-affinity-scorer',
  kinds: ['scorer'],
  summary: 'Prefers servers whose label has the value of a header: 1, others 0.',
  parameters: z.strictObject({
    headerName: z.string().min(1).describe('Header of the request that says the value.'),
    labelKey: z.string().min(1).describe('Label of the server that is compared with it.'),
  }),
  create: ({ headerName, labelKey }) =>
    new HeaderLabelAffinityScorer(headerName.toLowerCase(), labelKey),
});
