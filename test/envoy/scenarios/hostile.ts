import type { EngineBehaviour } from '../../support/fake-engine.js';
import { rawExchange, requestBytes } from '../../support/raw-client.js';
import { ask, CHAT } from '../rig/http-client.js';
import { chat } from '../rig/model-servers.js';
import { startStack } from '../rig/stack.js';
import { mustBe, type Scenario } from '../scenario.js';

const DESTINATION = 'x-gateway-destination-endpoint';
/** What clients may not say, or what ends at the picker. */
const CONTROL = [
  'x-gateway-destination-endpoint-served',
  'x-gateway-destination-endpoint-subset',
  'x-gateway-destination-endpoint-scores',
  'x-gateway-destination-endpoint-fallback',
  'x-prefiller-host-port',
  'x-encoder-hosts-ports',
  'x-data-parallel-host-port',
  'x-kv-cache-source-host-port',
  'x-llm-d-inference-objective',
  'x-llm-d-inference-fairness-id',
  'x-llm-d-slo-ttft-ms',
  'x-llm-d-slo-tpot-ms',
  'x-gateway-inference-objective',
  'x-gateway-inference-fairness-id',
  'x-slo-ttft-ms',
  'x-slo-tpot-ms',
  'x-tandem-explain',
];
const MODES = ['FULL_DUPLEX_STREAMED', 'BUFFERED', 'STREAMED', 'NONE'] as const;

/** What clients try, to steer where requests go. */
export const HOSTILE: readonly Scenario[] = [
  ...MODES.map((request) => ({
    name: `control headers of clients reach no server (${request})`,
    run: async (stage: Parameters<Scenario['run']>[0]) => {
      const { envoy, servers } = await startStack(stage, { request });
      const evil = '127.0.0.1:1';
      const headers = {
        ...Object.fromEntries([...CONTROL, DESTINATION].map((name) => [name, evil])),
        'x-own': 'kept',
        authorization: 'Bearer key',
      };
      for (const body of [CHAT, undefined]) {
        mustBe((await ask(envoy.url, { headers, body })).status, 200, 'status');
        const seen = servers.last().headers;
        mustBe(seen[DESTINATION], `127.0.0.1:${servers.ports[0]}`, DESTINATION);
        mustBe(
          CONTROL.filter((name) => seen[name] !== undefined),
          [],
          'headers that arrived',
        );
        mustBe([seen['x-own'], seen.authorization], ['kept', 'Bearer key'], 'other headers');
      }
    },
  })),
  {
    name: 'a rewritten model: the server sees the target, the client its own name',
    run: async (stage) => {
      const { envoy, servers } = await startStack(stage);
      const headers = { 'x-llm-d-model-name-rewrite': 'target' };
      const answer = await ask(envoy.url, { headers, body: { ...CHAT, seed: 7 } });
      mustBe((JSON.parse(answer.text) as { model: string }).model, 'm', 'model of the answer');
      const { body, headers: seen } = servers.last();
      const expected = JSON.stringify({ ...CHAT, model: 'target', seed: 7 });
      mustBe(body.toString(), expected, 'the body');
      mustBe(seen['x-llm-d-model-name-rewrite'], undefined, 'the header');
    },
  },
  {
    name: 'a rewritten model in a stream, its events in pieces: the text stays as it is',
    run: async (stage) => {
      const event = (content: string): string =>
        `data: {"id":"c","model":"target","choices":[{"delta":{"content":"${content}"}}]}\n\n`;
      const all = `${event('the model is \\"target\\"')}${event(':')}data: [DONE]\n\n`;
      const pieces: EngineBehaviour = async (response) => {
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        for (let at = 0; at < all.length; at += 11) {
          response.write(all.slice(at, at + 11));
          await new Promise((resolve) => setTimeout(resolve, 2));
        }
        response.end();
      };
      const { envoy } = await startStack(stage, { behaviours: [pieces] });
      const headers = { 'x-llm-d-model-name-rewrite': 'target' };
      const { text } = await ask(envoy.url, { headers, body: { ...CHAT, stream: true } });
      mustBe(text, all.replaceAll('"model":"target"', '"model":"m"'), 'the stream');
    },
  },
  {
    name: 'control headers in several lines and in capitals reach no server either',
    run: async (stage) => {
      const { envoy, servers } = await startStack(stage);
      const lines = [...CONTROL, DESTINATION].flatMap((name) => [
        `${name.toUpperCase()}: 127.0.0.1:1`,
        `${name}: 127.0.0.1:2`,
      ]);
      const { status } = await rawExchange(
        envoy.port,
        requestBytes('POST /v1/chat/completions', lines, JSON.stringify(CHAT)),
      );
      mustBe(status, 200, 'status');
      const seen = servers.last().headers;
      mustBe(seen[DESTINATION], `127.0.0.1:${servers.ports[0]}`, DESTINATION);
      mustBe(
        CONTROL.filter((name) => seen[name] !== undefined),
        [],
        'headers that arrived',
      );
    },
  },
  {
    name: 'a subset hint holds, for requests with and without a body, as list and as text',
    run: async (stage) => {
      for (const asText of [false, true]) {
        const { envoy, servers } = await startStack(stage, {
          behaviours: [chat, chat, chat],
          subset: (ports) => (asText ? `127.0.0.1:${ports[1]}` : [`127.0.0.1:${ports[1]}`]),
        });
        for (let at = 0; at < 10; at++) {
          mustBe((await ask(envoy.url, { body: at % 2 ? CHAT : undefined })).status, 200, 'status');
        }
        const counts = servers.engines.map(
          ({ requests }) => requests.filter(({ url }) => url !== '/metrics').length,
        );
        mustBe(counts, [0, 10, 0], 'requests of each server');
      }
    },
  },
  {
    name: 'an empty subset, and one without a member: 503 with its reason',
    run: async (stage) => {
      for (const subset of [[], ['127.0.0.1:1'], '']) {
        const { envoy, servers } = await startStack(stage, { subset: () => subset });
        for (const body of [CHAT, undefined]) {
          const { status, headers } = await ask(envoy.url, { body });
          const reason = headers['x-llm-d-request-dropped-reason'];
          mustBe([status, reason], [503, 'rejected-no-endpoints'], 'status and reason');
        }
        mustBe(servers.asked().length, 0, 'requests that reached a server');
      }
    },
  },
];
