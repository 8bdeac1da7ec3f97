import * as z from 'zod';
import { DURATION_PATTERN, parseDuration } from '../../../config/duration.js';
import { parseZmqEndpoint } from '../../../zmq/zmq-endpoint.js';

const UNUSED = 'Has no effect';
const port = z.int().min(0).max(65_535);

const tokenProcessorConfig = z
  .strictObject({
    blockSize: z.int().min(1).optional().describe('The older name of blockSizeTokens.'),
    blockSizeTokens: z
      .int()
      .min(1)
      .optional()
      .describe('Tokens of a block; as events tell, or 16, where it is not given.'),
    hashSeed: z.string().optional().describe(`${UNUSED}: prompts are hashed in a way of our own.`),
    hashAlgorithm: z.enum(['cbor-fnv', 'xxh64', 'xxhash', '']).optional().describe(`${UNUSED}.`),
  })
  .prefault({})
  .describe('How prompts are cut into blocks.');

const podDiscoveryConfig = z
  .strictObject({
    podLabelSelector: z.string().optional().describe(`${UNUSED}: all endpoints are followed.`),
    podNamespace: z.string().optional().describe(`${UNUSED}: all endpoints are followed.`),
    socketPort: port
      .min(1)
      .default(5557)
      .describe('Where pods publish; each data-parallel rank by its number above it.'),
    replaySocketPort: port
      .default(0)
      .describe('Where pods repeat what was missed, counted in the same way; 0: nowhere.'),
  })
  .prefault({})
  .describe('Where pods publish.');

const kvEventsConfig = z
  .strictObject({
    zmqEndpoint: z
      .string()
      .refine((text) => isBindable(text), {
        error: 'is no tcp://HOST:PORT with an address of this machine, such as tcp://*:5557',
      })
      .optional()
      .describe('Where to wait for publishers that connect by themselves: tcp://*:5557.'),
    topicFilter: z.string().default('kv@').describe('What topics begin with.'),
    concurrency: z.int().min(1).optional().describe(`${UNUSED}.`),
    engineType: z.enum(['vllm', 'sglang', '']).optional().describe(`${UNUSED}: all are read.`),
    discoverPods: z
      .boolean()
      .optional()
      .describe('Connects to every pod; the default is to do so where no zmqEndpoint is given.'),
    podDiscoveryConfig,
  })
  .prefault({})
  .describe('Where the events of model servers come from.');

const indexerConfig = z
  .strictObject({
    kvBlockIndexConfig: z.looseObject({}).optional(),
    kvCacheBackendConfigs: z.array(z.looseObject({})).optional(),
    tokenizersPoolConfig: z
      .undefined({ error: 'is not supported: configure a token-producer instead' })
      .optional(),
  })
  .prefault({})
  .describe(`${UNUSED}: the index is in the memory of the picker.`);

export const parameters = z.strictObject({
  tokenProcessorConfig,
  indexerConfig,
  kvEventsConfig,
  speculativeIndexing: z
    .boolean()
    .default(false)
    .describe('Whoever is sent a prompt counts as holding it before its events tell.'),
  speculativeTTL: z
    .string()
    .regex(DURATION_PATTERN, { error: 'is no duration such as 2s' })
    .default('2s')
    .transform((text) => parseDuration(text) ?? 2000)
    .describe('For so long.'),
});

export type PreciseParameters = z.output<typeof parameters>;

function isBindable(text: string): boolean {
  const endpoint = parseZmqEndpoint(text);
  return endpoint !== undefined && 'host' in endpoint;
}
