import * as z from 'zod';

/** What all pickers take. */
export const PICK_COUNT = z.strictObject({
  maxNumOfEndpoints: z
    .int()
    .min(1)
    .default(1)
    .describe('How many endpoints the proxy is told, the first choice first.'),
});
