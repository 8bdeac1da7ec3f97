import { ApiError } from '../http/api-error.js';
import type { FieldType, JsonBody } from '../http/validation.js';
import type { PeerParams } from '../kv/peer-params.js';
import type { Meeting } from '../kv/rooms.service.js';
import { meetingOf } from './meeting.js';
import { peersOf } from './peers.js';
import type { TransferRequest } from '../kv/transfer-request.js';
import { transferOf } from './transfer.js';
import type { SimulatorConfig } from '../simulator.settings.js';

/** Members that all OpenAI-like generate bodies have. */
export const SAMPLING_FIELDS = {
  model: 'string',
  n: 'integer',
  seed: 'integer',
  temperature: 'number',
  top_p: 'number',
  top_k: 'integer',
  min_tokens: 'integer',
  frequency_penalty: 'number',
  presence_penalty: 'number',
  ignore_eos: 'boolean',
  stop: 'any',
  stream: 'boolean',
  stream_options: 'object',
  cache_salt: 'string',
  return_token_ids: 'boolean',
  kv_transfer_params: 'object',
  ec_transfer_params: 'object',
  bootstrap_host: 'string',
  bootstrap_port: 'integer',
  bootstrap_room: 'integer',
  cache_hit_threshold: 'number',
} as const satisfies Record<string, FieldType>;

/** What a body says about how to generate. */
export interface Sampling {
  readonly n: number;
  readonly maxTokens: number | undefined;
  readonly stop: readonly string[];
  /** What a sampled text depends on; '' at temperature 0. */
  readonly seed: string;
  readonly stream: boolean;
  readonly includeUsage: boolean;
  readonly continuousUsage: boolean;
  readonly returnTokenIds: boolean;
  readonly kvTransferParams: Readonly<Record<string, unknown>> | undefined;
  readonly ecTransferParams: Readonly<Record<string, unknown>> | undefined;
  readonly meeting: Meeting | undefined;
  readonly peers: PeerParams | undefined;
  readonly transfer: TransferRequest | undefined;
  /** `kv_transfer_params` where MoRI-IO's connector reads them. */
  readonly moriio: Readonly<Record<string, unknown>> | undefined;
  readonly cacheHitThreshold: number;
}

/**
 * @param limit the member that names the limit, @param fallback the limit where none is given
 * @throws ApiError 400, 404 in the order and words of vLLM
 */
export function readSampling(
  body: JsonBody,
  config: SimulatorConfig,
  limit: { readonly name: string; readonly value: number | undefined },
): Sampling {
  const options = (body['stream_options'] ?? undefined) as JsonBody | undefined;
  const stream = body['stream'] === true;
  if (options && !stream) {
    throw ApiError.badRequest(
      'Stream options can only be defined when `stream=True`.',
      'stream_options',
    );
  }
  const model = body['model'];
  if (model && model !== config.model) throw ApiError.unknownModel(String(model), config.model);
  checkLimits(body, config, limit);
  const temperature = (body['temperature'] as number | null | undefined) ?? 1;
  const n = (body['n'] as number | null | undefined) ?? 1;
  checkRanges(body, temperature, n);
  const params = (body['kv_transfer_params'] ?? undefined) as Sampling['kvTransferParams'];
  const seed = (body['seed_digits'] ?? body['seed'] ?? config.seed) as string | number;
  return {
    n,
    maxTokens: limit.value,
    stop: stopStrings(body['stop']),
    seed: temperature === 0 ? '' : String(seed),
    stream,
    includeUsage: options?.['include_usage'] === true,
    continuousUsage:
      options?.['include_usage'] === true && options['continuous_usage_stats'] === true,
    returnTokenIds: body['return_token_ids'] === true,
    ecTransferParams: (body['ec_transfer_params'] ?? undefined) as Sampling['ecTransferParams'],
    peers: peersOf(params),
    kvTransferParams: config.kvConnector === 'nixl' ? params : undefined,
    meeting: meetingOf(body, config.role),
    transfer: transferOf(params, config),
    moriio: config.kvConnector === 'moriio' ? params : undefined,
    cacheHitThreshold: thresholdOf(body),
  };
}

function checkLimits(
  body: JsonBody,
  config: SimulatorConfig,
  limit: { readonly name: string; readonly value: number | undefined },
): void {
  const { name, value } = limit;
  if (value === undefined) return;
  if (value > config.maxModelLen) {
    const message = `${name}=${value} cannot be greater than max_model_len=${config.maxModelLen}. Please request fewer output tokens.`;
    throw ApiError.badRequest(message, name, value);
  }
  if (value < 1)
    throw ApiError.badRequest(`max_tokens must be at least 1, got ${value}.`, 'max_tokens', value);
  const least = (body['min_tokens'] as number | null | undefined) ?? 0;
  if (least > value) {
    throw ApiError.badRequest(
      `min_tokens must be less than or equal to max_tokens=${value}, got ${least}.`,
    );
  }
}

function checkRanges(body: JsonBody, temperature: number, n: number): void {
  if (n < 1) throw ApiError.badRequest(`n must be at least 1, got ${n}.`);
  if (temperature < 0) {
    const value = python(temperature);
    throw ApiError.badRequest(
      `temperature must be non-negative, got ${value}.`,
      'temperature',
      value,
    );
  }
  const topP = (body['top_p'] as number | null | undefined) ?? 1;
  if (topP <= 0 || topP > 1) {
    throw ApiError.badRequest(
      `top_p must be in (0, 1], got ${python(topP)}.`,
      'top_p',
      python(topP),
    );
  }
  if (temperature === 0 && n > 1) {
    throw ApiError.badRequest(`n must be 1 when using greedy sampling, got ${n}.`);
  }
}

function thresholdOf(body: JsonBody): number {
  const threshold = (body['cache_hit_threshold'] as number | null | undefined) ?? 0;
  if (threshold >= 0 && threshold <= 1) return threshold;
  const value = python(threshold);
  throw ApiError.badRequest(
    `cache_hit_threshold must be in [0, 1], got ${value}.`,
    'cache_hit_threshold',
    value,
  );
}

/** Python writes 2.0 where JavaScript writes 2. */
function python(value: number): string {
  return Number.isInteger(value) ? value.toFixed(1) : String(value);
}

function stopStrings(stop: unknown): readonly string[] {
  if (typeof stop === 'string') return [stop];
  return Array.isArray(stop) ? stop.filter((text) => typeof text === 'string') : [];
}
