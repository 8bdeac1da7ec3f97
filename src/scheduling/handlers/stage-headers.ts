import type { ProfileOutcomes } from '../plugin.js';

/** Where a sidecar reads which prefiller it shall ask. */
export const PREFILLER_HEADER = 'x-prefiller-host-port';
/** Where a sidecar reads which encoders it shall ask. */
export const ENCODERS_HEADER = 'x-encoder-hosts-ports';
/** Where a sidecar reads which data-parallel rank a request is for. */
export const DATA_PARALLEL_HEADER = 'x-data-parallel-host-port';

type Header = readonly [string, string];

/**
 * @param decodeProfile whose first choice needs no telling to prefill by itself
 * @returns what tells the decoder's sidecar of the endpoints that were picked to prefill and to encode
 */
export function stageHeaders(
  done: ProfileOutcomes,
  prefillProfile: string,
  encodeProfile: string,
  decodeProfile: string,
): readonly Header[] {
  const headers: Header[] = [];
  const prefiller = done.get(prefillProfile)?.[0];
  const decoder = done.get(decodeProfile)?.[0];
  if (prefiller && prefiller !== decoder) headers.push([PREFILLER_HEADER, prefiller.id]);
  const encoders = done.get(encodeProfile);
  if (encoders) headers.push([ENCODERS_HEADER, encoders.map(({ id }) => id).join(',')]);
  return headers;
}
