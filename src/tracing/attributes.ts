/**
 * Names of what our spans say about disaggregation: those that llm-d's sidecar uses, so that
 * dashboards made for it go on working.
 */
export const TRACE_ATTRIBUTE = {
  prefillTarget: 'llm_d.pd_proxy.prefill_target',
  encoderCount: 'llm_d.ec_proxy.encoder_count',
} as const;
