const LIMITS = '"max_tokens":50,"min_tokens":5,"n":4,"best_of":8,"max_completion_tokens":60';

/**
 * Requests at each API with all limits that it has, and the beginning of what a prefiller gets of them that does not stream:
 * path, body, and the limited body up to where a connector appends its own members.
 */
export const LIMITED_BODIES: readonly (readonly [path: string, body: string, limited: string])[] = [
  [
    '/v1/chat/completions',
    `{"model":"m",${LIMITS}}`,
    '{"model":"m","max_tokens":1,"min_tokens":1,"n":1,"max_completion_tokens":1,"stream":false',
  ],
  [
    '/v1/completions',
    `{"model":"m",${LIMITS},"seed":12345678901234567890,"stream":true,"stream_options":{"a":1}}`,
    '{"model":"m","max_tokens":1,"min_tokens":1,"n":1,"max_completion_tokens":1,"seed":12345678901234567890,"stream":false',
  ],
  [
    '/v1/messages',
    `{"model":"m",${LIMITS}}`,
    '{"model":"m","max_tokens":1,"min_tokens":1,"n":1,"max_completion_tokens":1,"stream":false',
  ],
  [
    '/v1/responses',
    '{"model":"m","max_output_tokens":70,"min_tokens":5,"stream":false}',
    '{"model":"m","max_output_tokens":1,"min_tokens":1,"stream":false',
  ],
  [
    '/inference/v1/generate',
    '{"token_ids":[1],"sampling_params":{"temperature":0.50,"max_tokens":50,"min_tokens":3,"n":2,"best_of":3}}',
    '{"token_ids":[1],"sampling_params":{"temperature":0.50,"max_tokens":1,"min_tokens":1,"n":1},"stream":false',
  ],
];

const ONE = '"max_tokens":1,"min_tokens":1,"n":1,"max_completion_tokens":1';

/** All limits of each API as members of a body, and what a prefiller gets in their place: path, members, limited ones. */
export const LIMITED_MEMBERS: readonly (readonly [path: string, all: string, one: string])[] = [
  ['/v1/chat/completions', LIMITS, ONE],
  ['/v1/completions', LIMITS, ONE],
  ['/v1/messages', LIMITS, ONE],
  [
    '/v1/responses',
    '"max_output_tokens":70,"min_tokens":5',
    '"max_output_tokens":1,"min_tokens":1',
  ],
  [
    '/inference/v1/generate',
    '"sampling_params":{"temperature":0.50,"max_tokens":50,"min_tokens":3,"n":2,"best_of":3}',
    '"sampling_params":{"temperature":0.50,"max_tokens":1,"min_tokens":1,"n":1}',
  ],
];
