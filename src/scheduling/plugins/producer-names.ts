import * as z from 'zod';

/** Requests and tokens in flight are counted by the program for every endpoint, whatever the producer is called. */
export const IN_FLIGHT_PRODUCER_NAME = z
  .string()
  .optional()
  .describe('Taken as it is: what is in flight is counted once for all plugins.');

/** @param byDefault type of the producer that is asked where no name is given */
export function producerName(byDefault: string): z.ZodDefault<z.ZodString> {
  return z
    .string()
    .min(1)
    .default(byDefault)
    .describe('Name of the producer that says how much of a prompt is cached where.');
}

/** @returns the names of producers that the configuration must have: those that are not made by themselves */
export function namedProducers(name: string, byDefault: string): readonly string[] {
  return name === byDefault ? [] : [name];
}

/** @returns types of producers that are made where the configuration has none of them */
export function neededProducers(name: string, byDefault: string): readonly string[] {
  return name === byDefault ? [byDefault] : [];
}
