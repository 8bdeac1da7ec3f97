import { describe, expect, it } from '@jest/globals';
import { Exposition } from './exposition.js';
import { Histogram } from './histogram.js';

describe(Exposition.name, () => {
  it("writes Prometheus' text format, each family with one head", () => {
    const out = new Exposition('engine="0"');
    const times = new Histogram([0.1, 1]);
    for (const seconds of [0.05, 0.1, 0.5, 7]) times.observe(seconds);
    out.gauge('running', 'Running.', 2);
    out.counter('done', 'Done.', 1, { reason: 'stop' });
    out.counter('done', 'Done.', 3, { reason: 'length' });
    out.histogram('time_seconds', 'Time.', times);
    expect(out.text().split('\n')).toEqual([
      '# HELP vllm:running Running.',
      '# TYPE vllm:running gauge',
      'vllm:running{engine="0"} 2',
      '# HELP vllm:done_total Done.',
      '# TYPE vllm:done_total counter',
      'vllm:done_total{engine="0",reason="stop"} 1',
      'vllm:done_total{engine="0",reason="length"} 3',
      '# HELP vllm:time_seconds Time.',
      '# TYPE vllm:time_seconds histogram',
      'vllm:time_seconds_bucket{engine="0",le="0.1"} 2',
      'vllm:time_seconds_bucket{engine="0",le="1"} 3',
      'vllm:time_seconds_bucket{engine="0",le="+Inf"} 4',
      'vllm:time_seconds_count{engine="0"} 4',
      'vllm:time_seconds_sum{engine="0"} 7.65',
      '',
    ]);
  });
});
