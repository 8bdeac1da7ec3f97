import { describe, expect, it } from '@jest/globals';
import { MetricSet } from './metric-set.js';
import { TOKEN_METRICS } from './token-metric-table.js';
import { TokenMetrics } from './token.metrics.js';

const make = (): { sut: TokenMetrics; page: () => Promise<string> } => {
  const metrics = new MetricSet(TOKEN_METRICS);
  return { sut: new TokenMetrics(metrics), page: () => metrics.registry.metrics() };
};

describe(TokenMetrics.name, () => {
  it('writes histograms as Prometheus wants them: buckets that add up, sum and count', async () => {
    const { sut, page } = make();
    const { ttft } = sut.of('a "b"');
    for (const seconds of [0.001, 0.0011, 0.3, 1000]) ttft.observe(seconds);
    const lines = (await page()).split('\n').filter((line) => line.includes('ttft_seconds'));
    expect(lines[1]).toBe('# TYPE vllm_router_ttft_seconds histogram');
    expect(lines).toContain('vllm_router_ttft_seconds_bucket{le="0.001",model="a \\"b\\""} 1');
    expect(lines).toContain('vllm_router_ttft_seconds_bucket{le="0.0025",model="a \\"b\\""} 2');
    expect(lines).toContain('vllm_router_ttft_seconds_bucket{le="240",model="a \\"b\\""} 3');
    expect(lines).toContain('vllm_router_ttft_seconds_bucket{le="+Inf",model="a \\"b\\""} 4');
    expect(lines).toContain('vllm_router_ttft_seconds_count{model="a \\"b\\""} 4');
  });

  it('counts what is told and adds models up', async () => {
    const { sut, page } = make();
    sut.of('a').used({ prompt: 5, completion: 2, cached: 1 });
    sut.of('a').used({ prompt: 5, completion: undefined, cached: undefined });
    sut.of('b').used({ prompt: 1, completion: 1, cached: 1 });
    expect(sut.sums()).toEqual({ prompt: 11, completion: 3, cached: 2 });
    const text = await page();
    expect(text).toContain('vllm_router_tokens_total{type="prompt",model="a"} 10');
    expect(await page()).toBe(text);
  });

  it('gives a hundred models a series, and those that come later one together', () => {
    const { sut } = make();
    const first = sut.of('model 0');
    for (let at = 0; at < 150; at++) sut.of(`model ${at}`);
    expect([...sut.all()]).toHaveLength(101);
    expect(sut.of('model 0')).toBe(first);
    expect(sut.of('model 149').model).toBe('other');
    expect(sut.of(undefined).model).toBe('unknown');
  });
});
