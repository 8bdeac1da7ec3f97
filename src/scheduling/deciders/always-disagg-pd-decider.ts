import * as z from 'zod';
import { definePlugin } from '../plugin-definition.js';
import type { Decider } from '../plugin.js';

export const alwaysDisaggPdDecider = definePlugin({
  type: 'always-disagg-pd-decider',
  kinds: ['decider'],
  summary: 'Has every prompt prefilled elsewhere.',
  parameters: z.strictObject({}),
  create: (): Decider => ({ disaggregates: () => true }),
});
