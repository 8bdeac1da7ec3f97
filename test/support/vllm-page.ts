/** What a page of {@link vllmPage} tells. */
export interface VllmPage {
  /** One a data-parallel rank. */
  readonly engines: readonly {
    readonly waiting: number;
    readonly running: number;
    readonly kvUsage: number;
  }[];
  readonly model?: string;
  /** Labels and value of `vllm:lora_requests_info`, one a sample. */
  readonly lora?: readonly (readonly [running: string, waiting: string, changedAt: number])[];
}

const LATENCIES = [
  0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 20, 40, 80,
  160, 640, 2560,
];
const SECONDS = [
  0.3, 0.5, 0.8, 1, 1.5, 2, 2.5, 5, 10, 15, 20, 30, 40, 50, 60, 120, 240, 480, 960, 1920, 7680,
];
const TOKENS = [
  1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 20_000, 50_000, 100_000,
];
const HISTOGRAMS: readonly (readonly [name: string, buckets: readonly number[]])[] = [
  ['time_to_first_token_seconds', LATENCIES],
  ['inter_token_latency_seconds', LATENCIES],
  ['request_time_per_output_token_seconds', LATENCIES],
  ['e2e_request_latency_seconds', SECONDS],
  ['request_queue_time_seconds', SECONDS],
  ['request_inference_time_seconds', SECONDS],
  ['request_prefill_time_seconds', SECONDS],
  ['request_decode_time_seconds', SECONDS],
  ['request_prompt_tokens', TOKENS],
  ['request_generation_tokens', TOKENS],
  ['request_prefill_kv_computed_tokens', TOKENS],
  ['iteration_tokens_total', TOKENS],
  ['request_max_num_generation_tokens', TOKENS],
  ['request_params_n', TOKENS],
  ['request_params_max_tokens', TOKENS],
];

/** @returns a page of metrics as long, as full and in such an order as those of vLLM, of Prometheus' client for Python */
export function vllmPage({ engines, model = 'org/a-model', lora = [] }: VllmPage): string {
  const page = new Lines();
  page.family('python_info', 'gauge', [['implementation="CPython",version="3.12.11"', 1]]);
  page.family('process_resident_memory_bytes', 'gauge', [['', 5.48352e9]]);
  const each = (value: (engine: VllmPage['engines'][number]) => number) =>
    engines.map((engine, i) => [`engine="${i}",model_name="${model}"`, value(engine)] as const);
  const alone = each(() => 1);
  page.family(
    'vllm:num_requests_running',
    'gauge',
    each(({ running }) => running),
  );
  page.family(
    'vllm:num_requests_waiting',
    'gauge',
    each(({ waiting }) => waiting),
  );
  page.family(
    'vllm:num_requests_waiting_by_reason',
    'gauge',
    alone.map(([labels]) => [`${labels},reason="capacity"`, 999]),
  );
  page.family(
    'vllm:kv_cache_usage_perc',
    'gauge',
    each(({ kvUsage }) => kvUsage),
  );
  for (const name of ['prefix_cache_queries', 'prefix_cache_hits', 'num_preemptions']) {
    page.family(`vllm:${name}_total`, 'counter', alone);
    page.family(`vllm:${name}_created`, 'gauge', alone);
  }
  for (const [name, buckets] of HISTOGRAMS) page.histogram(`vllm:${name}`, buckets, alone);
  page.family(
    'vllm:cache_config_info',
    'gauge',
    alone.map(([labels]) => [
      `block_size="16",cache_dtype="auto",calculate_kv_scales="False",cpu_kvcache_space_bytes="None",${labels},` +
        'enable_prefix_caching="True",gpu_memory_utilization="0.9",num_cpu_blocks="None",num_gpu_blocks="27443",' +
        'num_gpu_blocks_override="None",prefix_caching_hash_algo="sha256",sliding_window="None",swap_space_bytes="4294967296.0"',
      1,
    ]),
  );
  page.family(
    'vllm:lora_requests_info',
    'gauge',
    lora.map(([running, waiting, changedAt]) => [
      `max_lora="4",running_lora_adapters="${running}",waiting_lora_adapters="${waiting}"`,
      changedAt,
    ]),
  );
  for (const handler of ['/v1/chat/completions', '/v1/completions', '/v1/models', '/metrics'])
    page.histogram('http_request_duration_seconds', LATENCIES, [
      [`handler="${handler}",method="POST"`, 1],
    ]);
  return page.text();
}

class Lines {
  private readonly lines: string[] = [];

  family(
    name: string,
    type: string,
    samples: readonly (readonly [labels: string, value: number])[],
  ): void {
    this.head(name, type);
    for (const [labels, value] of samples) this.sample(name, labels, value);
  }

  histogram(
    name: string,
    buckets: readonly number[],
    samples: readonly (readonly [labels: string, value: number])[],
  ): void {
    this.head(name, 'histogram');
    for (const [labels] of samples) {
      const [first, ...rest] = labels.split(',');
      buckets.forEach((bucket, i) =>
        this.sample(`${name}_bucket`, `${first},le="${bucket}",${rest.join()}`, i * 131),
      );
      this.sample(`${name}_bucket`, `${first},le="+Inf",${rest.join()}`, buckets.length * 131);
      this.sample(`${name}_count`, labels, buckets.length * 131);
      this.sample(`${name}_sum`, labels, 12_345.678901234567);
    }
  }

  text(): string {
    return `${this.lines.join('\n')}\n`;
  }

  private head(name: string, type: string): void {
    this.lines.push(`# HELP ${name} What it is, in {some} words, 100% "as they come".`);
    this.lines.push(`# TYPE ${name} ${type}`);
  }

  private sample(name: string, labels: string, value: number): void {
    const number = Number.isInteger(value) ? `${value}.0` : String(value);
    this.lines.push(labels === '' ? `${name} ${number}` : `${name}{${labels}} ${number}`);
  }
}
