import { decode } from '@msgpack/msgpack';

/** How an engine names a block: made of its SHA-256, or of the number that it uses; below 2^53. */
export type EngineHash = number;

export interface BlockStored {
  readonly type: 'BlockStored';
  readonly hashes: readonly EngineHash[];
  /** Of the block before the first one; undefined where that begins a prompt. */
  readonly parent: EngineHash | undefined;
  readonly tokens: readonly number[];
  readonly blockSize: number;
  /** Name of the adapter, '' for the model itself. */
  readonly lora: string;
  /** What else makes the KV of each block: items of other media, salts. */
  readonly extras: readonly (readonly unknown[])[];
  readonly place: Place;
  /** What kind of attention its layers have, where that is said. */
  readonly kind: string | undefined;
}

export interface BlockRemoved {
  readonly type: 'BlockRemoved';
  readonly hashes: readonly EngineHash[];
  readonly place: Place;
}

/** Where a block lies. */
export interface Place {
  /** Such as `GPU`; undefined where nothing is said. */
  readonly medium: string | undefined;
  /** Not on the machine of the engine. */
  readonly isRemote: boolean;
  /** Which of the engine's caches, of layers that are alike; undefined where it says nothing. */
  readonly group: number | undefined;
}

export type KvEvent = BlockStored | BlockRemoved | { readonly type: 'AllBlocksCleared' };

/** What a publisher sends at once. */
export interface KvBatch {
  /** Seconds since 1970 by the clock of the publisher. */
  readonly time: number;
  readonly events: readonly KvEvent[];
  /** Which of the publisher's data-parallel ranks it is of; undefined where that is not said. */
  readonly rank: number | undefined;
}

/** A message is no batch of events. */
export class KvEventError extends Error {
  override readonly name = 'KvEventError';
}

type Fields = Readonly<Record<string, unknown>>;

/** The members of an event in the order of vLLM's structs, as versions before 0.23 and SGLang send them: as arrays. */
const ORDERS: Readonly<Record<string, readonly string[]>> = {
  BlockStored: [
    'block_hashes',
    'parent_block_hash',
    'token_ids',
    'block_size',
    'lora_id',
    'medium',
    'lora_name',
    'extra_keys',
    'group_idx',
    'kv_cache_spec_kind',
    'kv_cache_spec_sliding_window',
    'locality',
  ],
  BlockRemoved: ['block_hashes', 'medium', 'group_idx', 'locality'],
  AllBlocksCleared: [],
};

/**
 * @param payload MessagePack of `[time, events, rank]`
 * @throws KvEventError when it is something else; events of unknown types are left out
 */
export function decodeBatch(payload: Uint8Array): KvBatch {
  let batch: unknown;
  try {
    batch = decode(payload, LIMITS);
  } catch (error) {
    throw new KvEventError(`no MessagePack: ${(error as Error).message}`);
  }
  if (!Array.isArray(batch) || typeof batch[0] !== 'number' || !Array.isArray(batch[1])) {
    throw new KvEventError('a batch that is no [time, events]');
  }
  const events: KvEvent[] = [];
  for (const raw of batch[1] as unknown[]) {
    const event = eventOf(fieldsOf(raw));
    if (event) events.push(event);
  }
  const rank: unknown = batch[2];
  return { time: batch[0], events, rank: typeof rank === 'number' ? rank : undefined };
}

/** Numbers of 64 bits keep them all. */
const LIMITS = { useBigInt64: true, maxExtLength: 0 };

function fieldsOf(raw: unknown): Fields {
  if (!Array.isArray(raw)) {
    if (typeof raw !== 'object' || raw === null) throw new KvEventError('an event that is none');
    return raw as Fields;
  }
  const [type, ...values] = raw as unknown[];
  const order = typeof type === 'string' && Object.hasOwn(ORDERS, type) ? ORDERS[type]! : [];
  return { type, ...Object.fromEntries(order.map((name, i) => [name, values[i]])) };
}

function eventOf(fields: Fields): KvEvent | undefined {
  switch (fields['type']) {
    case 'BlockStored':
      return storedOf(fields);
    case 'BlockRemoved':
      return { type: 'BlockRemoved', hashes: hashesOf(fields), place: placeOf(fields) };
    case 'AllBlocksCleared':
      return { type: 'AllBlocksCleared' };
    default:
      return undefined;
  }
}

function storedOf(fields: Fields): BlockStored {
  const { parent_block_hash: parent, token_ids: tokens, block_size: size } = fields;
  const lora = typeof fields['lora_name'] === 'string' ? fields['lora_name'] : loraById(fields);
  const kind = fields['kv_cache_spec_kind'];
  const extras = arrayOf(fields['extra_keys']).map((keys) =>
    // The adapter's name comes with each block again.
    arrayOf(keys).filter((key, i) => i > 0 || key !== lora || lora === ''),
  );
  return {
    type: 'BlockStored',
    hashes: hashesOf(fields),
    parent: parent === null || parent === undefined ? undefined : engineHash(parent),
    tokens: tokensOf(tokens),
    blockSize: typeof size === 'number' && Number.isInteger(size) && size > 0 ? size : 0,
    lora,
    extras,
    place: placeOf(fields),
    kind: typeof kind === 'string' ? kind : undefined,
  };
}

/** Before vLLM 0.12 there were no names: requests cannot say which adapter it is, its blocks are nobody's. */
function loraById({ lora_id: id }: Fields): string {
  return typeof id === 'number' ? `\0lora ${id}` : '';
}

function placeOf({ medium, group_idx: group, locality }: Fields): Place {
  return {
    medium: typeof medium === 'string' ? medium : undefined,
    isRemote: locality === 'REMOTE',
    group: typeof group === 'number' ? group : undefined,
  };
}

function hashesOf({ block_hashes: hashes }: Fields): EngineHash[] {
  if (!Array.isArray(hashes)) throw new KvEventError('an event without block_hashes');
  return hashes.map(engineHash);
}

function engineHash(hash: unknown): EngineHash {
  if (hash instanceof Uint8Array && hash.length >= 8) {
    const { buffer, byteOffset } = hash;
    const view = new DataView(buffer, byteOffset);
    return (view.getUint32(0) & 0x1f_ffff) * 2 ** 32 + view.getUint32(4);
  }
  if (typeof hash === 'bigint') return Number(BigInt.asUintN(53, hash));
  if (typeof hash === 'number' && Number.isInteger(hash)) return hash;
  throw new KvEventError('a block hash that is none');
}

function tokensOf(tokens: unknown): readonly number[] {
  const all = arrayOf(tokens);
  // Only ids above 2^32 come as others than numbers; those count by their lower bits, as everywhere here.
  return all.every((token) => typeof token === 'number')
    ? all
    : all.map((token) => (typeof token === 'bigint' ? Number(BigInt.asUintN(32, token)) : 0));
}

function arrayOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? (value as readonly unknown[]) : [];
}
