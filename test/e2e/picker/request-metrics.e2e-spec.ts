import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { playAnswer } from '../../support/ext-proc-answer.js';
import { eventually, PickerProgram } from '../../support/picker-program.js';

const A = { name: 'a', endpoint: '10.9.0.1:8000' };
const B = { name: 'b', endpoint: '10.9.0.2:8000' };
const USAGE = '{"prompt_tokens":11,"completion_tokens":5,"total_tokens":16}';
const EVENTS = [['content-type', 'text/event-stream']] as const;
const RUNNING = 'llm_d_epp_request_running';

let picker: PickerProgram;

beforeEach(async () => {
  picker = await PickerProgram.configured({ endpoints: [A, B] });
});
afterEach(() => picker.stop());

const metric = (name: string, ...labels: readonly string[]) => picker.metric(name, ...labels);
const runningIs = (count: number) =>
  eventually(
    () => metric(RUNNING),
    (told) => told === count,
  );

describe('/metrics', () => {
  it('is a page of Prometheus that has each name with its type', async () => {
    const response = await fetch(`${picker.process.opsUrl}/metrics`);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toMatch(/^text\/plain/);
    const page = await response.text();
    for (const [name, type] of [
      ['request_total', 'counter'],
      ['request_error_total', 'counter'],
      ['request_running', 'gauge'],
      ['request_input_tokens', 'histogram'],
      ['request_output_tokens', 'histogram'],
      ['request_duration_seconds', 'histogram'],
      ['scheduler_e2e_duration_seconds', 'histogram'],
      ['scheduler_attempts_total', 'counter'],
      ['ready_endpoints', 'gauge'],
    ] as const) {
      expect(page).toContain(`# TYPE llm_d_epp_${name} ${type}\n`);
    }
  });

  it.each(['FULL_DUPLEX_STREAMED', 'STREAMED', 'BUFFERED'] as const)(
    'counts a request, and the tokens of its JSON, in mode %s',
    async (responseMode) => {
      const headers = [['x-llm-d-model-name-rewrite', 'theirs']] as const;
      const { stream } = await picker.chat('x', { responseMode, headers });
      const labels = ['model_name="m"', 'target_model_name="theirs"'];
      expect(await metric(RUNNING, ...labels)).toBe(1);
      await playAnswer(stream, {
        mode: responseMode,
        chunks: [...`{"model":"theirs","usage":${USAGE}}`],
      });
      await runningIs(0);
      expect(await metric('llm_d_epp_request_total', ...labels)).toBe(1);
      expect(await metric('llm_d_epp_request_error_total')).toBe(0);
      expect(await metric('llm_d_epp_request_input_tokens_sum', ...labels)).toBe(11);
      expect(await metric('llm_d_epp_request_input_tokens_count', ...labels)).toBe(1);
      expect(await metric('llm_d_epp_request_output_tokens_sum', ...labels)).toBe(5);
      expect(await metric('llm_d_epp_request_duration_seconds_count', ...labels)).toBe(1);
      expect(await metric('llm_d_epp_scheduler_attempts_total', 'status="success"')).toBe(1);
      expect(await metric('llm_d_epp_scheduler_e2e_duration_seconds_count')).toBe(1);
    },
  );

  it('reads the tokens of events wherever they are split', async () => {
    const text = `data: {"choices":[{"delta":{"content":"usage"}}]}\n\ndata: {"choices":[],"usage":${USAGE}}\n\ndata: [DONE]\n\n`;
    for (let at = 1; at < text.length; at += 9) {
      const { stream } = await picker.chat('x');
      await playAnswer(stream, { headers: EVENTS, chunks: [text.slice(0, at), text.slice(at)] });
    }
    await runningIs(0);
    const count = await metric('llm_d_epp_request_total');
    expect(await metric('llm_d_epp_request_input_tokens_sum')).toBe(11 * count);
    expect(await metric('llm_d_epp_request_output_tokens_sum')).toBe(5 * count);
  });

  it.each([500, 502, 503, 504])('counts a %d of the model server as an error', async (status) => {
    const { stream } = await picker.chat('x');
    await playAnswer(stream, { status, chunks: ['{"error":{"message":"no"}}'] });
    await runningIs(0);
    expect(await metric('llm_d_epp_request_error_total', 'model_name="m"')).toBe(1);
    const page = await picker.page();
    expect(page).toMatch(/llm_d_epp_request_error_total\{[^}]*target_model_name="m"/);
    expect(page).toMatch(/llm_d_epp_request_error_total\{[^}]*error_code="[^"]+"/);
  });

  it('counts a 5xx whose body is not shown, and none of 2xx, 3xx and 4xx', async () => {
    for (const status of [200, 204, 302, 400, 404, 429]) {
      const { stream } = await picker.chat('x');
      await playAnswer(stream, { status, chunks: ['{}'] });
    }
    expect(await metric('llm_d_epp_request_error_total')).toBe(0);
    const { stream } = await picker.chat('x', { responseMode: 'NONE' });
    await playAnswer(stream, { status: 500, mode: 'NONE' });
    await runningIs(0);
    expect(await metric('llm_d_epp_request_error_total')).toBe(1);
  });

  it('counts refusals as errors', async () => {
    await picker.ask({ body: '{' });
    expect(await metric('llm_d_epp_request_error_total')).toBe(1);
    const metadata = { 'envoy.lb.subset_hint': { 'x-gateway-destination-endpoint-subset': [] } };
    await picker.chat('x', { metadata });
    expect(await metric('llm_d_epp_request_error_total', 'model_name="m"')).toBe(1);
    await runningIs(0);
  });

  it.each([
    ['is cancelled before its answer', []],
    ['is half closed before its answer', []],
    ['is cancelled within its answer', ['head', 'piece']],
    ['is half closed within its answer', ['head', 'piece']],
    ['is cancelled behind the head of its answer', ['head']],
  ] as const)('says that nothing runs when a stream %s', async (how, parts) => {
    const { stream } = await picker.chat('x');
    expect(await metric(RUNNING)).toBe(1);
    for (const part of parts) {
      if (part === 'head') {
        stream.send({ response_headers: { headers: [[':status', '200'], ...EVENTS] } });
      } else {
        stream.send({ response_body: { body: 'data: {"choices":[]}\n\n' } });
      }
      await stream.next();
    }
    if (how.includes('cancelled')) stream.cancel();
    else stream.halfClose();
    await runningIs(0);
  });

  it('says that nothing runs when requests end before they are decided, or have no body', async () => {
    const undecided = picker.client.stream();
    undecided.send({
      request_headers: {
        headers: [
          [':method', 'POST'],
          [':path', '/v1/chat/completions'],
        ],
      },
      protocol_config: { request: 'FULL_DUPLEX_STREAMED', response: 'FULL_DUPLEX_STREAMED' },
    });
    undecided.send({ request_body: { body: '{"model":' } });
    await picker.client.health();
    undecided.cancel();
    const get = await picker.ask({ path: '/v1/models' });
    expect(await metric(RUNNING)).toBe(1);
    await playAnswer(get.stream, { status: 200, chunks: ['{"data":[]}'] });
    await runningIs(0);
  });

  it('says that nothing runs when the connection of the proxy breaks', async () => {
    await Promise.all(Array.from({ length: 20 }, (_, i) => picker.chat(`${i}`)));
    expect(await metric(RUNNING)).toBe(20);
    await picker.client.close();
    await runningIs(0);
  });

  it('tells how many endpoints there are, as they come and go', async () => {
    const ready = () => metric('llm_d_epp_ready_endpoints');
    expect(await ready()).toBe(2);
    picker.list([A]);
    await eventually(ready, (count) => count === 1);
    picker.list([]);
    await eventually(ready, (count) => count === 0);
    picker.list([A, B]);
    await eventually(ready, (count) => count === 2);
  });
});
