import * as z from 'zod';

const SOURCE = z
  .strictObject({
    header: z.string().trim().toLowerCase().min(1).optional(),
    attribute: z.string().min(1).optional(),
    producer: z.string().min(1).optional(),
  })
  .refine(({ header, attribute }) => (header === undefined) !== (attribute === undefined), {
    error: 'takes one of header and attribute',
  });

const SECONDS = z.number().gt(0);

const HEADER = z
  .string()
  .trim()
  .toLowerCase()
  .min(1)
  .default('x-session-token')
  .describe('Header of request and answer that says the server.');

const SESSION_ID = z.strictObject({
  sources: z
    .array(SOURCE)
    .min(1)
    .default([{ header: 'x-session-id' }])
    .describe('Where the id is looked for, in order: `header`, or `attribute` and its `producer`.'),
  evictionTtlSeconds: SECONDS.default(300).describe(
    'Seconds without a request after which a session is forgotten.',
  ),
  evictionSweepSeconds: SECONDS.default(10).describe(
    'Taken and without effect: sessions are forgotten on time.',
  ),
});

/** Of `session-affinity-filter` and `session-affinity-scorer`. */
export const SESSION_AFFINITY_PARAMETERS = z.strictObject({
  strategy: z
    .enum(['encoded_endpoint_header', 'session_id'])
    .default('encoded_endpoint_header')
    .describe(
      'encoded_endpoint_header: the answer names the server in a header, which the client sends again. session_id: the client names its session, and the picker remembers the server.',
    ),
  profileName: z
    .string()
    .default('')
    .describe('Profile whose server is meant; empty for the one that the proxy is told.'),
  encodedEndpointHeaderConfig: z.strictObject({ header: HEADER }).prefault({}),
  sessionIdConfig: SESSION_ID.prefault({}),
});

export type SessionAffinityParameters = z.infer<typeof SESSION_AFFINITY_PARAMETERS>;
export type SessionIdParameters = z.infer<typeof SESSION_ID>;
