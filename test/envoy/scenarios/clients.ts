import { until } from '../../support/raw-client.js';
import { json, type EngineBehaviour } from '../../support/fake-engine.js';
import { ask, askHttp2, CHAT, open } from '../rig/http-client.js';
import { chat } from '../rig/model-servers.js';
import { startStack } from '../rig/stack.js';
import { must, mustBe, type Scenario } from '../scenario.js';

const withTrailers: EngineBehaviour = (response) => {
  response.writeHead(200, { 'content-type': 'application/json', trailer: 'x-after' });
  response.write('{"object":"chat.completion",');
  response.addTrailers({ 'x-after': 'all' });
  response.end('"model":"m"}');
};

/** The event with the usage comes in three pieces. */
const usageInPieces: EngineBehaviour = async (response) => {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  const usage = { prompt_tokens: 7, completion_tokens: 11, total_tokens: 18 };
  const event = `data: ${JSON.stringify({ model: 'm', choices: [], usage })}\n\n`;
  for (const piece of [event.slice(0, 20), event.slice(20, 60), event.slice(60)]) {
    response.write(piece);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  response.end('data: [DONE]\n\n');
};

const endless: EngineBehaviour = async (response, { aborted }) => {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  let isOver = false;
  void aborted.then(() => (isOver = true));
  while (!isOver) {
    response.write('data: {"choices":[{"index":0,"delta":{"content":"and "}}]}\n\n');
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
};

/** What clients do. */
export const CLIENTS: readonly Scenario[] = [
  {
    name: 'clients of HTTP/2 are served as others',
    run: async (stage) => {
      const { envoy, servers } = await startStack(stage);
      const { status, text } = await askHttp2(envoy.url, { body: CHAT });
      mustBe(status, 200, 'status');
      must(text.includes('"content":"Hello"'), `the answer: ${text}`);
      mustBe(servers.last().body.toString(), JSON.stringify(CHAT), 'the body');
      const models = await askHttp2(envoy.url, { path: '/v1/models' });
      mustBe(models.status, 200, 'status of GET');
    },
  },
  ...(['FULL_DUPLEX_STREAMED', 'BUFFERED', 'STREAMED'] as const).map((mode) => ({
    name: `trailers of clients and servers pass (${mode})`,
    run: async (stage: Parameters<Scenario['run']>[0]) => {
      const { envoy, servers, picker } = await startStack(stage, {
        ...{ request: mode, response: mode, trailers: true },
        behaviours: [withTrailers],
      });
      const answer = await ask(envoy.url, { body: CHAT, trailers: { 'x-checksum': '1' } });
      mustBe([answer.status, answer.trailers['x-after']], [200, 'all'], 'status and trailer');
      mustBe(answer.text, '{"object":"chat.completion","model":"m"}', 'the answer');
      mustBe(servers.last().body.toString(), JSON.stringify(CHAT), 'the body');
      await picker.untilMetric('llm_d_epp_request_running', 0);
    },
  })),
  {
    name: 'a client that leaves: the server sees it, and nothing is left running',
    run: async (stage) => {
      const { envoy, picker, servers } = await startStack(stage, { behaviours: [endless] });
      const response = await open(envoy.url, { body: { ...CHAT, stream: true } });
      await new Promise((resolve) => response.once('data', resolve));
      await picker.untilMetric('llm_d_epp_request_running', 1);
      response.on('error', () => undefined);
      response.destroy();
      let isAborted = false;
      void servers.last().aborted.then(() => (isAborted = true));
      await until(() => isAborted);
      await picker.untilMetric('llm_d_epp_request_running', 0);
    },
  },
  {
    name: 'what servers answer is counted: tokens, models, errors',
    run: async (stage) => {
      let behaviour: EngineBehaviour = chat;
      const { envoy, picker } = await startStack(stage, {
        behaviours: [(head, request) => behaviour(head, request)],
      });
      await ask(envoy.url, { body: CHAT });
      await picker.untilMetric('llm_d_epp_request_input_tokens_sum', 3);
      await picker.untilMetric('llm_d_epp_request_output_tokens_sum', 2);
      behaviour = usageInPieces;
      const { text } = await ask(envoy.url, { body: { ...CHAT, stream: true } });
      must(text.endsWith('data: [DONE]\n\n'), `the stream: ${text}`);
      await picker.untilMetric('llm_d_epp_request_input_tokens_sum', 3 + 7);
      await picker.untilMetric('llm_d_epp_request_output_tokens_sum', 2 + 11);
      behaviour = json({ error: { message: 'broken' } }, 500);
      mustBe((await ask(envoy.url, { body: CHAT })).status, 500, 'status of a broken server');
      await picker.untilMetric('llm_d_epp_request_error_total', 1);
      await picker.untilMetric('llm_d_epp_request_total', 3);
      await picker.untilMetric('llm_d_epp_request_running', 0);
    },
  },
  {
    name: 'what is wrong with a request is said as OpenAI errors',
    run: async (stage) => {
      const { envoy, servers } = await startStack(stage, { behaviours: [chat] });
      for (const body of ['{"model":', '[]', '{"messages":[]}', '{"model":"","messages":[]}']) {
        const answer = await ask(envoy.url, {
          body,
          headers: { 'content-type': 'application/json' },
        });
        mustBe(answer.status, 400, `status for ${body}`);
        mustBe(answer.headers['content-type'], 'application/json', 'content-type');
        const { error } = JSON.parse(answer.text) as { error: { message: string } };
        must(error.message.length > 0, `no message: ${answer.text}`);
      }
      mustBe(servers.asked().length, 0, 'requests that reached the server');
    },
  },
];
