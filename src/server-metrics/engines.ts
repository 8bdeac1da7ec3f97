import type { Engine } from './engine.js';
import { metricSpec } from './page/metric-spec.js';

/** The label of an endpoint that says what engine runs there. */
export const ENGINE_LABEL = 'llm-d.ai/engine-type';
export const OLD_ENGINE_LABEL = 'inference.networking.k8s.io/engine-type';

export const DEFAULT_ENGINE = 'vllm';

/** What the engines that we know tell, by the names of their own documentation. */
export const ENGINES: readonly Engine[] = [
  {
    name: 'vllm',
    waiting: metricSpec('vllm:num_requests_waiting'),
    running: metricSpec('vllm:num_requests_running'),
    // The second is what vLLM called it before 0.10.
    kvUsage: [metricSpec('vllm:kv_cache_usage_perc'), metricSpec('vllm:gpu_cache_usage_perc')],
    lora: metricSpec('vllm:lora_requests_info'),
    cacheInfo: metricSpec('vllm:cache_config_info'),
    blockSizeLabel: 'block_size',
    blocksLabel: 'num_gpu_blocks',
    custom: [],
  },
  {
    name: 'sglang',
    waiting: metricSpec('sglang:num_queue_reqs'),
    running: metricSpec('sglang:num_running_reqs'),
    kvUsage: [metricSpec('sglang:token_usage')],
    cacheInfo: metricSpec('sglang:cache_config_info'),
    blockSizeLabel: 'page_size',
    blocksLabel: 'num_pages',
    custom: [],
    rankLabel: 'dp_rank',
  },
  {
    name: 'trtllm-serve',
    waiting: metricSpec('trtllm_num_requests_waiting'),
    running: metricSpec('trtllm_num_requests_running'),
    kvUsage: [metricSpec('trtllm_kv_cache_utilization')],
    blockSize: metricSpec('trtllm_kv_cache_tokens_per_block'),
    blocks: metricSpec('trtllm_kv_cache_max_blocks'),
    custom: [],
  },
  {
    name: 'triton-tensorrt-llm',
    waiting: metricSpec('nv_trt_llm_request_metrics{request_type=waiting}'),
    running: metricSpec('nv_trt_llm_request_metrics{request_type=scheduled}'),
    kvUsage: [metricSpec('nv_trt_llm_kv_cache_block_metrics{kv_cache_block_type=fraction}')],
    blockSize: metricSpec('nv_trt_llm_kv_cache_block_metrics{kv_cache_block_type=tokens_per}'),
    blocks: metricSpec('nv_trt_llm_kv_cache_block_metrics{kv_cache_block_type=max}'),
    custom: [],
  },
  {
    name: 'triton',
    waiting: metricSpec('nv_inference_pending_request_count'),
    running: metricSpec('nv_inference_exec_count'),
    kvUsage: [],
    custom: [],
  },
];
