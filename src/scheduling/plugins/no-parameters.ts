import * as z from 'zod';

/** Of plugins that have nothing to be set. */
export const NO_PARAMETERS = z.strictObject({});
