/** By its older name, each metric that dashboards still ask for in that way. */
export const PICKER_TWINS = {
  inference_objective_request_total: 'llm_d_epp_request_total',
  inference_objective_request_error_total: 'llm_d_epp_request_error_total',
  inference_objective_running_requests: 'llm_d_epp_request_running',
  inference_objective_request_duration_seconds: 'llm_d_epp_request_duration_seconds',
  inference_objective_request_sizes: 'llm_d_epp_request_size_bytes',
  inference_objective_response_sizes: 'llm_d_epp_response_size_bytes',
  inference_objective_input_tokens: 'llm_d_epp_request_input_tokens',
  inference_objective_output_tokens: 'llm_d_epp_request_output_tokens',
  inference_objective_normalized_time_per_output_token_seconds: 'llm_d_epp_request_ntpot_seconds',
  inference_pool_average_kv_cache_utilization: 'llm_d_epp_average_kv_cache_utilization',
  inference_pool_average_queue_size: 'llm_d_epp_average_queue_size',
  inference_pool_average_running_requests: 'llm_d_epp_average_running_requests',
  inference_pool_ready_pods: 'llm_d_epp_ready_endpoints',
} as const;
