/**
 * Names of what our spans say about disaggregation: those that llm-d's sidecar uses, so that
 * dashboards made for it go on working.
 */
export const TRACE_ATTRIBUTE = {
  prefillTarget: 'llm_d.pd_proxy.prefill_target',
  encoderCount: 'llm_d.ec_proxy.encoder_count',
  chunkSize: 'llm_d.pd_proxy.chunked_decode.chunk_size',
  chunkStreaming: 'llm_d.pd_proxy.chunked_decode.streaming',
  chunks: 'llm_d.pd_proxy.chunked_decode.chunks',
  chunkTokens: 'llm_d.pd_proxy.chunked_decode.total_tokens',
} as const;
