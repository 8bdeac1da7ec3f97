import { describe, expect, it } from '@jest/globals';
import { vllmPage } from '../../../test/support/vllm-page.js';
import type { Engine } from '../engine.js';
import { ENGINES } from '../engines.js';
import { EnginePage, type Reading } from './engine-page.js';
import { metricSpec } from './metric-spec.js';

const NOTHING: Partial<Reading> = {
  ...{ waiting: undefined, running: undefined, kvUsage: undefined },
  ...{ blockSize: undefined, blocks: undefined, lora: undefined, custom: [] },
};

const engine = (name: string): Engine => ENGINES.find((one) => one.name === name)!;

function read(of: Engine, text: string, pieces = 1): Reading {
  const page = new EnginePage(of);
  page.begin();
  const bytes = Buffer.from(text);
  for (let i = 0; i < pieces; i++) {
    const [start, end] = [i, i + 1].map((at) => Math.floor((at * bytes.length) / pieces));
    page.feed(bytes, start!, end!);
  }
  page.end();
  return page.reading;
}

describe(EnginePage.name, () => {
  const pages: readonly (readonly [name: string, text: string, expected: Partial<Reading>])[] = [
    [
      'vllm',
      `vllm:num_requests_waiting{engine="0"} 3.0
vllm:num_requests_running{engine="0"} 5.0
vllm:kv_cache_usage_perc{engine="0"} 0.125
vllm:cache_config_info{block_size="16",num_gpu_blocks="1000"} 1.0
vllm:lora_requests_info{max_lora="2",running_lora_adapters="a,b",waiting_lora_adapters=""} 1.7e+09
`,
      {
        ...{ waiting: 3, running: 5, kvUsage: 0.125, blockSize: 16, blocks: 1000 },
        lora: { running: 'a,b', waiting: '', max: 2 },
      },
    ],
    ['vllm', 'vllm:gpu_cache_usage_perc{model_name="m"} 0.5\n', { kvUsage: 0.5 }],
    ['vllm', 'vllm:gpu_cache_usage_perc 0.5\nvllm:kv_cache_usage_perc 0.25\n', { kvUsage: 0.25 }],
    [
      'sglang',
      `sglang:num_queue_reqs{tp_rank="0"} 4
sglang:num_running_reqs{tp_rank="0"} 6
sglang:token_usage{tp_rank="0"} 0.75
sglang:cache_config_info{page_size="64",num_pages="500"} 1
`,
      { waiting: 4, running: 6, kvUsage: 0.75, blockSize: 64, blocks: 500 },
    ],
    [
      'trtllm-serve',
      `trtllm_num_requests_waiting 1
trtllm_num_requests_running 2
trtllm_kv_cache_utilization 0.5
trtllm_kv_cache_tokens_per_block 32
trtllm_kv_cache_max_blocks 800
`,
      { waiting: 1, running: 2, kvUsage: 0.5, blockSize: 32, blocks: 800 },
    ],
    [
      'triton-tensorrt-llm',
      `nv_trt_llm_request_metrics{model="m",request_type="waiting",version="1"} 7
nv_trt_llm_request_metrics{model="m",request_type="scheduled",version="1"} 8
nv_trt_llm_request_metrics{model="m",request_type="max",version="1"} 512
nv_trt_llm_kv_cache_block_metrics{kv_cache_block_type="fraction",model="m"} 0.3
nv_trt_llm_kv_cache_block_metrics{kv_cache_block_type="tokens_per",model="m"} 64
nv_trt_llm_kv_cache_block_metrics{kv_cache_block_type="max",model="m"} 6000
nv_trt_llm_kv_cache_block_metrics{kv_cache_block_type="used",model="m"} 1800
`,
      { waiting: 7, running: 8, kvUsage: 0.3, blockSize: 64, blocks: 6000 },
    ],
    [
      'triton',
      'nv_inference_pending_request_count{model="a"} 2\nnv_inference_pending_request_count{model="b"} 1\nnv_inference_exec_count{model="a"} 9\n',
      { waiting: 3, running: 9 },
    ],
  ];

  it.each(pages)('reads what %s tells', (name, text, expected) => {
    expect(read(engine(name), text)).toEqual({ ...NOTHING, ...expected });
  });

  it.each([1, 2, 3, 7, 100, 5000])('reads a page of vLLM that comes in %i pieces', (pieces) => {
    const text = vllmPage({
      engines: [{ waiting: 12, running: 34, kvUsage: 0.5678 }],
      lora: [
        ['old', '', 100],
        ['sql,chat', 'poems', 300],
        ['older', '', 200],
      ],
    });
    expect(text.length).toBeGreaterThan(30_000);
    expect(read(engine('vllm'), text, pieces)).toEqual({
      ...{ waiting: 12, running: 34, kvUsage: 0.5678, blockSize: 16, blocks: 27_443, custom: [] },
      lora: { running: 'sql,chat', waiting: 'poems', max: 4 },
    });
  });

  it('adds up the ranks of a page, and takes the mean of their caches', () => {
    const engines = [
      { waiting: 1, running: 10, kvUsage: 0.25 },
      { waiting: 2, running: 20, kvUsage: 0.75 },
    ];
    expect(read(engine('vllm'), vllmPage({ engines }))).toMatchObject({
      ...{ waiting: 3, running: 30, kvUsage: 0.5, blockSize: 16, blocks: 2 * 27_443 },
    });
  });

  it('counts what the processes of one rank of SGLang tell once', () => {
    const text = `sglang:num_queue_reqs{dp_rank="0",tp_rank="0"} 4
sglang:num_queue_reqs{dp_rank="0",tp_rank="1"} 5
sglang:num_queue_reqs{dp_rank="1",tp_rank="2"} 1
sglang:token_usage{dp_rank="0",tp_rank="0"} 0.5
sglang:token_usage{dp_rank="0",tp_rank="1"} 0.5
sglang:token_usage{dp_rank="1",tp_rank="2"} 0.1
`;
    expect(read(engine('sglang'), text)).toMatchObject({ waiting: 6, kvUsage: 0.3 });
  });

  it('takes the samples with the latest timestamp', () => {
    const text = `vllm:num_requests_waiting{engine="0"} 9 1700000000000
vllm:num_requests_waiting{engine="0"} 4 1700000000500
vllm:num_requests_waiting{engine="1"} 2 1700000000500
vllm:num_requests_waiting{engine="2"} 7
`;
    expect(read(engine('vllm'), text).waiting).toBe(6);
  });

  it('reads custom metrics by their labels', () => {
    const custom = [
      { attribute: 'hot', spec: metricSpec('temperature{zone="a,b",sensor=1}') },
      { attribute: 'none', spec: metricSpec('missing') },
    ];
    const text =
      'temperature{zone="c",sensor="1"} 1\ntemperature{sensor="1",zone="a,b",more=""} -3.5\n';
    expect(read({ ...engine('triton'), custom }, text).custom).toEqual([-3.5, undefined]);
  });

  it('says nothing of what a page does not tell', () => {
    expect(read(engine('vllm'), '<html>no metrics here</html>')).toEqual(NOTHING);
  });

  it('forgets one page for the next', () => {
    const page = new EnginePage(engine('vllm'));
    page.begin();
    page.feed(Buffer.from('vllm:num_requests_waiting 3'), 0, 20);
    page.begin();
    page.feed(Buffer.from('vllm:num_requests_running 1\n'), 0, 28);
    expect(page.end()).not.toBe(0);
    expect(page.reading).toMatchObject({ waiting: undefined, running: 1 });
  });

  it('keeps shares within 0 and 1, and counts at 0 or more', () => {
    const text = 'vllm:kv_cache_usage_perc 1.5\nvllm:num_requests_waiting -1\n';
    expect(read(engine('vllm'), text)).toMatchObject({ kvUsage: 1, waiting: 0 });
  });
});
