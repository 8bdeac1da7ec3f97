import { afterEach, describe, expect, it } from '@jest/globals';
import { setTimeout } from 'node:timers/promises';
import { ExtProcClient, type ExtProcStream } from '../../support/ext-proc-client.js';
import { playAnswer } from '../../support/ext-proc-answer.js';
import { playRequest, type PlayedRequest } from '../../support/ext-proc-exchange.js';
import { OtlpCollector } from '../../support/otlp-collector.js';
import { until } from '../../support/raw-client.js';
import { SidecarProcess } from '../../support/sidecar-process.js';

const HOSTS = ['127.0.0.1:8001', '127.0.0.1:8002'];
const EVENTS = [['content-type', 'text/event-stream']] as const;
const CHAT = { model: 'mine', messages: [{ role: 'user', content: 'theirs' }] };
const RENAMED = [['x-llm-d-model-name-rewrite', 'theirs']] as const;
const USAGE = '"usage":{"prompt_tokens":7,"completion_tokens":3}';
const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';

const opened: { stop(): Promise<unknown> }[] = [];
let picker: SidecarProcess;
let client: ExtProcClient;

afterEach(async () => {
  for (const one of opened.splice(0).reverse()) await one.stop();
});

async function start(
  flags: readonly string[] = [],
  env: Readonly<Record<string, string>> = {},
): Promise<void> {
  picker = await SidecarProcess.start(
    ({ data, metrics }) => [
      'picker',
      '--bind-address=127.0.0.1',
      `--static-hosts=${HOSTS.join(',')}`,
      `--port=${data}`,
      `--metrics-port=${metrics}`,
      ...flags,
    ],
    env,
  );
  opened.push(picker);
  await picker.ready();
  client = await ExtProcClient.connect(picker.port);
  opened.push({ stop: () => client.close() });
}

async function asked(request: Partial<PlayedRequest> = {}): Promise<{
  readonly stream: ExtProcStream;
  readonly decision: Awaited<ReturnType<typeof playRequest>>;
}> {
  const stream = client.stream();
  return { stream, decision: await playRequest(stream, { body: CHAT, ...request }) };
}

/** @returns the sum of the lines of that name that hold all of these labels */
async function count(name: string, ...labels: readonly string[]): Promise<number> {
  const page = await (await fetch(`${picker.opsUrl}/metrics`)).text();
  const lines = page
    .split('\n')
    .filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `))
    .filter((line) => labels.every((label) => line.includes(label)));
  return lines.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0);
}

/** @returns when a gauge is 0, after ten seconds at the latest */
async function comesToNothing(name: string): Promise<void> {
  for (let left = 200; left > 0 && (await count(name)) > 0; left--) await setTimeout(50);
  expect(await count(name)).toBe(0);
}

async function stopsRunning(): Promise<void> {
  await comesToNothing('llm_d_epp_request_running');
}

describe('answers that pass the picker', () => {
  it.each(['FULL_DUPLEX_STREAMED', 'STREAMED', 'BUFFERED'] as const)(
    'name the model as the client did, in mode %s',
    async (responseMode) => {
      await start();
      const { stream, decision } = await asked({ headers: RENAMED, responseMode });
      expect(decision.body.toString()).toBe(JSON.stringify({ ...CHAT, model: 'theirs' }));
      const event = `data: {"model":"theirs","choices":[{"delta":{"content":"\\"model\\":\\"theirs\\""}}]}\n\n`;
      const text = `${event}${event}data: [DONE]\n\n`;
      const { body, headers } = await playAnswer(stream, {
        mode: responseMode,
        headers: [...EVENTS, ['content-length', String(text.length)]],
        chunks: [...text],
      });
      expect(body.toString()).toBe(text.replaceAll('{"model":"theirs"', '{"model":"mine"'));
      expect(headers.has('content-length')).toBe(false);
    },
  );

  it('are counted with their tokens and times', async () => {
    await start();
    const { stream } = await asked({ headers: RENAMED });
    expect(await count('llm_d_epp_request_running', 'model_name="mine"')).toBe(1);
    const chunks = [
      `data: {"model":"theirs","choices":[{"text":"a"}]}\n\ndata: {"choices":[{"te`,
      `xt":"b"}]}\n\ndata: {"choices":[],${USAGE}}\n`,
      `\ndata: [DONE]\n\n`,
    ];
    await playAnswer(stream, { headers: EVENTS, chunks });
    const labels = ['model_name="mine"', 'target_model_name="theirs"'];
    await stopsRunning();
    for (const [name, value] of [
      ['llm_d_epp_request_total', 1],
      ['inference_objective_request_total', 1],
      ['llm_d_epp_request_duration_seconds_count', 1],
      ['llm_d_epp_request_ttft_seconds_count', 1],
      ['llm_d_epp_request_input_tokens_sum', 7],
      ['llm_d_epp_request_output_tokens_sum', 3],
      ['llm_d_epp_response_size_bytes_sum', chunks.join('').length],
      ['llm_d_epp_request_size_bytes_sum', JSON.stringify(CHAT).length],
    ] as const) {
      expect([name, await count(name, ...labels)]).toEqual([name, value]);
    }
    expect(await count('llm_d_epp_scheduler_e2e_duration_seconds_count')).toBe(1);
    expect(await count('llm_d_epp_scheduler_attempts_total', 'status="success"')).toBe(1);
    expect(await count('llm_d_epp_ready_endpoints')).toBe(HOSTS.length);
    expect(await count('llm_d_epp_request_error_total')).toBe(0);
  });

  it('are errors with a 5xx, as refusals are; nothing runs when a client has left', async () => {
    await start();
    const failed = await asked();
    await playAnswer(failed.stream, { status: 503, chunks: ['{"error":{}}'] });
    const refused = await asked({ body: '{"messages":' });
    expect(refused.decision.immediate).toMatchObject({ status: 400 });
    const left = await asked();
    expect(await count('llm_d_epp_request_running')).toBe(1);
    left.stream.cancel();
    await stopsRunning();
    const errors = 'llm_d_epp_request_error_total';
    expect(await count(errors, 'model_name="mine"', 'error_code="ModelServerError"')).toBe(1);
    expect(await count(errors, 'error_code="BadRequest"')).toBe(1);
    expect(await count(errors)).toBe(2);
    expect(await count('llm_d_epp_request_total', 'model_name="mine"')).toBe(2);
    await comesToNothing('llm_d_epp_extproc_streams_inflight');
  });
});

describe('decisions with --explain', () => {
  it('are told in a header to who asks, and to the metrics port', async () => {
    await start(['--explain']);
    const headers = [
      ['x-tandem-explain', '1'],
      ['x-request-id', 'one'],
    ] as const;
    const { stream, decision } = await asked({ headers });
    expect(decision.headers.has('x-tandem-explain')).toBe(false);
    const answer = await playAnswer(stream, { served: decision.endpoint! });
    const told = JSON.parse(answer.headers.get('x-tandem-decision')!) as object;
    const [profile] = Object.values((told as { profiles: object }).profiles) as object[];
    expect(told).toMatchObject({
      ...{ requestId: 'one', model: 'mine' },
      ...{ picked: [decision.endpoint], served: decision.endpoint },
    });
    expect(profile).toMatchObject({ candidates: HOSTS, filters: expect.any(Array) as unknown });
    const silent = await asked({ headers: [['x-request-id', 'two']] });
    const quiet = await playAnswer(silent.stream);
    expect(quiet.headers.has('x-tandem-decision')).toBe(false);
    const response = await fetch(`${picker.opsUrl}/debug/decisions`);
    expect(response.headers.get('content-type')).toMatch(/^application\/json/);
    const { decisions } = (await response.json()) as { decisions: { requestId: string }[] };
    expect(decisions.map(({ requestId }) => requestId)).toEqual(['two', 'one']);
    expect(decisions[1]).toEqual(told);
    const limited = await fetch(`${picker.opsUrl}/debug/decisions?limit=1`);
    expect(((await limited.json()) as { decisions: object[] }).decisions).toHaveLength(1);
    const wrong = await fetch(`${picker.opsUrl}/debug/decisions?limit=x`);
    expect(wrong.status).toBe(400);
    expect(await wrong.text()).toContain('give a whole number');
  });

  it('are told to nobody without it', async () => {
    await start();
    const { stream, decision } = await asked({ headers: [['x-tandem-explain', '1']] });
    expect(decision.headers.has('x-tandem-explain')).toBe(false);
    expect((await playAnswer(stream)).headers.has('x-tandem-decision')).toBe(false);
    const response = await fetch(`${picker.opsUrl}/debug/decisions`);
    expect(response.status).toBe(404);
    expect(await response.json()).toMatchObject({ error: { type: 'NotFoundError' } });
    const post = await fetch(`${picker.opsUrl}/metrics`, { method: 'POST' });
    expect(post.status).toBe(405);
    await post.text();
  });
});

describe('requests with --tracing', () => {
  it('go on with the trace of the client', async () => {
    const collector = new OtlpCollector();
    opened.push({ stop: () => collector.close() });
    await start(['--tracing=true'], {
      OTEL_EXPORTER_OTLP_ENDPOINT: await collector.listenHttp(),
      OTEL_EXPORTER_OTLP_PROTOCOL: 'http/protobuf',
    });
    const headers = [['traceparent', `00-${TRACE}-00f067aa0ba902b7-01`]] as const;
    const { stream, decision } = await asked({ headers });
    await playAnswer(stream);
    await until(() => collector.spans.some(({ name }) => name === 'gateway.request'));
    const request = collector.spans.find(({ name }) => name === 'gateway.request')!;
    expect(request).toMatchObject({ traceId: TRACE, parentSpanId: '00f067aa0ba902b7' });
    expect(request.attributes).toMatchObject({
      'llm_d.epp.destination': decision.endpoint,
      'http.response.status_code': 200,
    });
    expect(decision.headers.get('traceparent')).toBe(`00-${TRACE}-${request.spanId}-01`);
    const names = collector.spans.map(({ name }) => name);
    expect(names).toEqual(
      expect.arrayContaining(['gateway.request_orchestration', 'run_scheduler_profile']),
    );
  });
});
