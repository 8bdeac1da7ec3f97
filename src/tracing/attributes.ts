/**
 * Names of what our spans say about disaggregation: those that llm-d's sidecar uses, so that
 * dashboards made for it go on working.
 */
export const TRACE_ATTRIBUTE = {
  connector: 'llm_d.pd_proxy.connector',
  disaggregationUsed: 'llm_d.pd_proxy.disaggregation_used',
  requestId: 'llm_d.pd_proxy.request_id',
  prefillTarget: 'llm_d.pd_proxy.prefill_target',
  prefillCandidates: 'llm_d.pd_proxy.prefill_candidates',
  prefillDurationMs: 'llm_d.pd_proxy.prefill_duration_ms',
  decodeDurationMs: 'llm_d.pd_proxy.decode_duration_ms',
  decodeTarget: 'llm_d.pd_proxy.decode.target',
  totalDurationMs: 'llm_d.pd_proxy.total_duration_ms',
  /** From the request's arrival to the first body byte of the answer. */
  ttftMs: 'llm_d.pd_proxy.ttft_ms',
  error: 'llm_d.pd_proxy.error',
  deniedTarget: 'llm_d.pd_proxy.denied_target',
} as const;
