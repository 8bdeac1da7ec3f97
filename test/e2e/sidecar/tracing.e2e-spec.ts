import { afterEach, describe, expect, it } from '@jest/globals';
import type { TracingSettings } from '../../../src/tracing/tracing-settings.js';
import { chatEngine } from '../../support/chat-engine.js';
import { encoderConfig, startEncoderFixture } from '../../support/encoder-fixture.js';
import { OtlpCollector } from '../../support/otlp-collector.js';
import { postPrefilled } from '../../support/prefill-request.js';
import { rawValues } from '../../support/raw-answer.js';
import { until } from '../../support/raw-client.js';
import { startFixture, type SidecarFixture } from '../../support/sidecar-fixture.js';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const PARENT = 'b7ad6b7169203331';
const TRACED = { traceparent: `00-${TRACE}-${PARENT}-01`, tracestate: 'v=1', baggage: 'k=v' };

function settings(url: string): TracingSettings {
  const exporter = {
    kind: 'otlp',
    protocol: 'http/protobuf',
    url: `${url}/v1/traces`,
    timeoutMs: 2000,
  } as const;
  return {
    serviceName: 'tandem-test',
    resource: {},
    sampler: 'parentbased_always_on',
    ratio: 1,
    exporter,
  };
}

describe('trace context', () => {
  let fixture: SidecarFixture;
  let collector: OtlpCollector | undefined;
  afterEach(async () => {
    await fixture.stop();
    await collector?.close();
    collector = undefined;
  });

  const parents = (): string[] =>
    [fixture.prefiller, fixture.decoder].flatMap(({ requests }) => {
      const values = rawValues(requests.at(-1)!.rawHeaders, 'traceparent');
      expect(values).toHaveLength(1);
      return values;
    });

  it('passes both legs unchanged without tracing', async () => {
    fixture = await startFixture();
    await postPrefilled(fixture, '{}', { headers: TRACED });
    for (const { last } of [fixture.prefiller, fixture.decoder]) {
      for (const [name, value] of Object.entries(TRACED))
        expect(rawValues(last.rawHeaders, name)).toEqual([value]);
    }
    await postPrefilled(fixture, '{}');
    expect(rawValues(fixture.decoder.last.rawHeaders, 'traceparent')).toEqual([]);
  });

  it('gets a span of its own on each leg with tracing', async () => {
    collector = new OtlpCollector();
    fixture = await startFixture(
      { tracing: true },
      { tracing: settings(await collector.listenHttp()) },
    );
    await postPrefilled(fixture, '{}', { headers: TRACED });
    const spans = parents().map((value) => {
      expect(value).toMatch(new RegExp(`^00-${TRACE}-[0-9a-f]{16}-01$`));
      return value.split('-')[2];
    });
    expect(new Set([...spans, PARENT]).size).toBe(3);
    for (const { last } of [fixture.prefiller, fixture.decoder]) {
      expect(rawValues(last.rawHeaders, 'baggage')).toEqual(['k=v']);
      expect(rawValues(last.rawHeaders, 'tracestate')).toEqual(['v=1']);
    }
  });

  it('begins here when the client has none', async () => {
    collector = new OtlpCollector();
    fixture = await startFixture(
      { tracing: true },
      { tracing: settings(await collector.listenHttp()) },
    );
    await postPrefilled(fixture, '{}');
    const [one, two] = parents().map((value) => value.split('-'));
    expect(one![1]).toBe(two![1]);
    expect(one![2]).not.toBe(two![2]);
  });

  const CONNECTORS = ['nixlv2', 'sglang', 'shared-storage'] as const;
  it.each(CONNECTORS)(
    'is exported as a request with two legs beside each other by %s',
    async (kvConnector) => {
      collector = new OtlpCollector();
      fixture = await startFixture(
        { tracing: true, kvConnector },
        { tracing: settings(await collector.listenHttp()) },
      );
      await postPrefilled(fixture, '{}', { headers: TRACED });
      const legs = parents().map((value) => value.split('-')[2]);
      await until(() => fixture.log.requests.length === 1, 5000);
      await fixture.stop();
      const { spans } = collector;
      const request = spans.find(({ kind }) => kind === 2)!;
      expect(request).toMatchObject({
        traceId: TRACE,
        parentSpanId: PARENT,
        name: 'POST /v1/chat/completions',
      });
      for (const [i, name] of ['prefill', 'decode'].entries()) {
        expect(spans.find((span) => span.name === name)).toMatchObject({
          ...{ traceId: TRACE, parentSpanId: request.spanId, spanId: legs[i] },
        });
      }
      expect(spans).toHaveLength(3);
    },
  );

  it('has encoders as one leg more, whatever they are sent', async () => {
    collector = new OtlpCollector();
    const tracing = settings(await collector.listenHttp());
    const config = { tracing: true, ...encoderConfig('ec-example') };
    const encoded = await startEncoderFixture(config, 2, { tracing });
    fixture = encoded;
    const parts = ['a', 'b'].map((url) => ({ type: 'image_url', image_url: { url } }));
    await encoded.ask(JSON.stringify({ messages: [{ role: 'user', content: parts }] }), {
      headers: TRACED,
    });
    const legs = encoded.encoders.map(({ last }) => rawValues(last.rawHeaders, 'traceparent'));
    await until(() => fixture.log.requests.length === 1, 5000);
    await fixture.stop();
    const { spans } = collector;
    const request = spans.find(({ kind }) => kind === 2)!;
    const encode = spans.find(({ name }) => name === 'encode')!;
    expect(encode).toMatchObject({ traceId: TRACE, parentSpanId: request.spanId });
    expect(legs).toEqual(Array(2).fill([`00-${TRACE}-${encode.spanId}-01`]));
    expect(spans.map(({ name }) => name).sort()).toEqual([
      ...['POST /v1/chat/completions', 'decode', 'encode'],
    ]);
  });

  it('has one span for a decode in chunks, which every chunk belongs to', async () => {
    collector = new OtlpCollector();
    fixture = await startFixture(
      { tracing: true, decodeChunkSize: 2 },
      { tracing: settings(await collector.listenHttp()) },
    );
    fixture.decoder.behaviour = chatEngine({ tokens: ['a', 'b', 'c'] });
    const body = '{"messages":[{"role":"user","content":"x"}]}';
    await (await fetch(`${fixture.url}/v1/chat/completions`, { method: 'POST', body })).text();
    const parents = fixture.decoder.requests.map(({ headers }) => headers['traceparent']);
    await until(() => fixture.log.requests.length === 1, 5000);
    await fixture.stop();
    const span = collector.spans.find(({ name }) => name === 'chunked_decode')!;
    expect(parents).toEqual(Array(2).fill(`00-${span.traceId}-${span.spanId}-01`));
    expect(collector.spans).toHaveLength(2);
  });

  it('stays the client’s when its sampling says no', async () => {
    collector = new OtlpCollector();
    fixture = await startFixture(
      { tracing: true },
      { tracing: settings(await collector.listenHttp()) },
    );
    await postPrefilled(fixture, '{}', { headers: { traceparent: `00-${TRACE}-${PARENT}-00` } });
    for (const value of parents())
      expect(value).toMatch(new RegExp(`^00-${TRACE}-[0-9a-f]{16}-00$`));
    await fixture.stop();
    expect(collector.spans).toEqual([]);
  });
});
