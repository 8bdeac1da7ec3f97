/** Where the proxy sends a request: the endpoint picker protocol. Header and key of the dynamic metadata. */
export const DESTINATION = 'x-gateway-destination-endpoint';
/** Namespace of the dynamic metadata. */
export const METADATA = 'envoy.lb';
export const SCORES = 'x-gateway-destination-endpoint-scores';
/** Why a request was dropped, told to the client. */
export const DROP_REASON = 'x-llm-d-request-dropped-reason';
export const REQUEST_ID = 'x-request-id';
/** Asks for the reasons of a decision, which come in {@link DECISION}. */
export const EXPLAIN = 'x-tandem-explain';
export const DECISION = 'x-tandem-decision';

/** Headers that say something to the picker: newer name first, either may be sent. */
export const CONTROL = {
  objective: ['x-llm-d-inference-objective', 'x-gateway-inference-objective'],
  fairnessId: ['x-llm-d-inference-fairness-id', 'x-gateway-inference-fairness-id'],
  modelRewrite: ['x-llm-d-model-name-rewrite', 'x-gateway-model-name-rewrite'],
  sloTtft: ['x-llm-d-slo-ttft-ms', 'x-slo-ttft-ms'],
  sloTpot: ['x-llm-d-slo-tpot-ms', 'x-slo-tpot-ms'],
} as const;

/**
 * Headers of a client that no model server sees: they steer the proxy, the picker or a sidecar. All are removed always,
 * whether they were seen or not: a proxy may be told to show only some.
 */
export const REMOVED: readonly string[] = [
  DESTINATION,
  `${DESTINATION}-served`,
  `${DESTINATION}-subset`,
  SCORES,
  `${DESTINATION}-fallback`,
  'x-prefiller-host-port',
  'x-encoder-hosts-ports',
  'x-data-parallel-host-port',
  'x-kv-cache-source-host-port',
  ...Object.values(CONTROL).flat(),
  EXPLAIN,
];

/** @param names of the header, the newer one first @returns undefined where none says anything */
export function controlOf(
  headers: { get(name: string): string | undefined },
  names: readonly string[],
): string | undefined {
  for (const name of names) {
    const value = headers.get(name);
    if (value !== undefined && value !== '') return value;
  }
  return undefined;
}

/** @returns undefined for what is no time above 0 */
export function millisecondsOf(text: string | undefined): number | undefined {
  const value = text === undefined ? NaN : Number(text);
  return Number.isFinite(value) && value > 0 ? value : undefined;
}
