import type { PeerParams } from '../kv/peer-params.js';
import type { TransferRequest } from '../kv/transfer-request.js';
import type { Meeting } from '../kv/rooms.service.js';
import type { Prompt } from './prompt.js';

/** What the engine is asked for: one sequence. */
export interface GenerationRequest {
  /** As vLLM's engine names it: the answer's id and a random end. */
  readonly id: string;
  readonly prompt: Prompt;
  /** Undefined: until the answer ends by itself. */
  readonly maxTokens: number | undefined;
  readonly stop: readonly string[];
  /** Where sampling is random: what the text depends on beside the prompt. */
  readonly seed: string;
  /** Says this text instead of one that follows from the prompt: a tool call's arguments. */
  readonly forced?: ((kv: number) => string) | undefined;
  readonly kvTransferParams: Readonly<Record<string, unknown>> | undefined;
  /** Where the other engine of this request is met. */
  readonly meeting?: Meeting | undefined;
  /** With which engines this prompt's KV is shared. */
  readonly peers?: PeerParams | undefined;
  /** What is asked of Mooncake's hand-over. */
  readonly transfer?: TransferRequest | undefined;
  /** `kv_transfer_params` where MoRI-IO's connector reads them. */
  readonly moriio?: Readonly<Record<string, unknown>> | undefined;
  /** The data-parallel rank of this pod that it runs on. */
  readonly rank: number;
  /** The share of the prompt that must be cached, else the request is refused; 0: none. */
  readonly cacheHitThreshold?: number;
  /** Gets the embeddings of what is no text, where the prompt is computed here. */
  readonly embed?: (() => Promise<void>) | undefined;
  readonly signal: AbortSignal;
}

/** One token of an answer. */
export interface Token {
  readonly text: string;
  readonly id: number;
}

export interface Generation {
  /** `cache_threshold`: refused, since too little of the prompt was cached. */
  readonly finishReason: 'stop' | 'length' | 'cache_threshold';
  /** The stop string that ended it. */
  readonly stopReason: string | null;
  readonly cachedTokens: number;
  /** What the decoder needs to pull this prompt's KV, when that was asked for. */
  readonly kvTransferParams: Readonly<Record<string, unknown>> | null;
}

/** How an answer ended. */
export type End = Pick<Generation, 'finishReason' | 'stopReason'>;

/** Called for each token as it is generated; with `end` for the last one. */
export type TokenListener = (token: Token, end: End | undefined) => void;
