import { createHash } from 'node:crypto';
import { arbitraryJson, seededRandom } from '../../support/arbitrary-json.js';
import type { EngineBehaviour } from '../../support/fake-engine.js';
import type { BodySendMode } from '../rig/envoy-config.js';
import { ask, CHAT, open } from '../rig/http-client.js';
import { chat } from '../rig/model-servers.js';
import { startStack, type Stack } from '../rig/stack.js';
import { must, mustBe, type Scenario } from '../scenario.js';

const LONG_BYTES = 5_000_000;
const EVENTS = 5;
/** An answer in server-sent events, each of which is held back until the client has the one before. */
class HeldEvents {
  private release: (() => void) | undefined;

  readonly behaviour: EngineBehaviour = async (response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    for (let at = 1; at <= EVENTS; at++) {
      const seen = new Promise<void>((resolve) => (this.release = resolve));
      response.write(`data: {"model":"m","choices":[{"index":0,"delta":{"content":"${at}"}}]}\n\n`);
      await seen;
    }
    response.end('data: [DONE]\n\n');
  };

  seen(): void {
    this.release?.();
  }
}

/** Envoy has four ways to tell an external processor of bodies; requests and answers go whole through all of them. */
export const BODY_MODES: readonly Scenario[] = (
  [
    ['FULL_DUPLEX_STREAMED', 'FULL_DUPLEX_STREAMED'],
    ['BUFFERED', 'STREAMED'],
    ['BUFFERED', 'BUFFERED'],
    ['STREAMED', 'STREAMED'],
    ['STREAMED', 'FULL_DUPLEX_STREAMED'],
    ['NONE', 'NONE'],
  ] as const satisfies readonly (readonly [BodySendMode, BodySendMode])[]
).map(([request, response]) => ({
  name: `request ${request}, response ${response}: all arrives, as it was sent`,
  run: async (stage) => {
    const events = new HeldEvents();
    let behaviour: EngineBehaviour = chat;
    // The file that holds requests back allows them to be long.
    const file = request === 'BUFFERED' ? 'envoy/override-host.yaml' : 'envoy/standalone.yaml';
    const stack = await startStack(stage, {
      ...{ file, request, response },
      behaviours: [(head, received) => behaviour(head, received)],
    });
    await exchangesWhole(stack);
    await withoutBody(stack);
    await oddBodies(stack);
    const seconds = await longPrompt(stack);
    // BUFFERED would hold all of it back.
    if (response !== 'BUFFERED') {
      behaviour = events.behaviour;
      await streams(stack, events);
    }
    await stack.picker.untilMetric('llm_d_epp_request_running', 0);
    return { '5 MB': `${seconds.toFixed(2)} s` };
  },
}));

async function exchangesWhole({ envoy, servers }: Stack): Promise<void> {
  const answer = await ask(envoy.url, { body: CHAT });
  mustBe(answer.status, 200, 'status');
  must(answer.text.includes('"content":"Hello"'), `the answer: ${answer.text}`);
  const { headers, body } = servers.last();
  mustBe(body.toString(), JSON.stringify(CHAT), 'the body');
  mustBe(
    headers['x-gateway-destination-endpoint'],
    `127.0.0.1:${servers.ports[0]}`,
    'the header of the decision',
  );
}

async function withoutBody({ envoy, servers }: Stack): Promise<void> {
  for (const method of ['GET', 'POST']) {
    const path = method === 'GET' ? '/v1/models?x=1' : '/reset_prefix_cache';
    mustBe((await ask(envoy.url, { method, path })).status, 200, `${method} without a body`);
    mustBe([servers.last().method, servers.last().url], [method, path], 'what arrived');
  }
}

/** JSON that does not survive a parser, and bytes that are none, on a path of no API that we know. */
async function oddBodies({ envoy, servers }: Stack): Promise<void> {
  const random = seededRandom(7);
  for (let at = 0; at < 20; at++) {
    const odd = arbitraryJson(random);
    const filling = 'x'.repeat(Math.floor(random() * 200_000));
    const json = `{"model": "m",\n "messages":[{"role":"user","content":"${filling}"}], "odd":${odd}}`;
    const bytes = Buffer.from(Array.from({ length: 1000 }, () => Math.floor(random() * 256)));
    const sent = at % 2 === 0 ? Buffer.from(json) : bytes;
    const path = at % 2 === 0 ? '/v1/chat/completions' : '/upload';
    const { status, text } = await ask(envoy.url, { path, body: sent });
    mustBe(status, 200, `status of body ${at} (${text})`);
    must(servers.last().body.equals(sent), `body ${at} did not arrive byte for byte`);
  }
}

async function longPrompt({ envoy, servers }: Stack): Promise<number> {
  const body = { model: 'm', messages: [{ role: 'user', content: 'y'.repeat(LONG_BYTES) }] };
  const began = performance.now();
  const { status, text } = await ask(envoy.url, { body });
  mustBe(status, 200, `status of a long prompt (${text})`);
  const digest = (bytes: string | Buffer): string => createHash('sha1').update(bytes).digest('hex');
  mustBe(digest(servers.last().body), digest(JSON.stringify(body)), 'the long prompt');
  return (performance.now() - began) / 1000;
}

/** Would never end if an event waited for the next one. */
async function streams({ envoy }: Stack, events: HeldEvents): Promise<void> {
  const response = await open(envoy.url, { body: { ...CHAT, stream: true } });
  mustBe(response.statusCode, 200, 'status of a stream');
  let text = '';
  for await (const chunk of response) {
    const before = text.split('\n\n').length;
    text += (chunk as Buffer).toString();
    if (text.split('\n\n').length > before) events.seen();
  }
  mustBe(text.match(/"content":"\d"/g)?.length, EVENTS, 'events');
  must(text.endsWith('data: [DONE]\n\n'), 'the stream has no end');
}
