import type { EngineBehaviour } from '../../support/fake-engine.js';
import { until } from '../../support/raw-client.js';
import { Envoy } from '../rig/envoy.js';
import { ask, CHAT, open } from '../rig/http-client.js';
import { chat, startServers } from '../rig/model-servers.js';
import { Picker } from '../rig/picker.js';
import { startStack } from '../rig/stack.js';
import { must, mustBe, type Scenario } from '../scenario.js';

const STREAMS = 1000;
const CLIENTS = 16;

/** Streams that stay open until all of them may end; other requests are answered at once. */
class HeldStreams {
  count = 0;
  finish!: () => void;
  private readonly finished = new Promise<void>((resolve) => (this.finish = resolve));

  readonly behaviour: EngineBehaviour = async (response, request) => {
    if (!request.body.includes('"stream":true')) return chat(response, request);
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write('data: {"choices":[{"index":0,"delta":{"content":"one"}}]}\n\n');
    this.count++;
    await this.finished;
    response.end('data: [DONE]\n\n');
  };
}

async function readStream(envoy: Envoy): Promise<string> {
  const answer = await open(envoy.url, { body: { ...CHAT, stream: true } });
  let text = '';
  for await (const chunk of answer) text += (chunk as Buffer).toString();
  return text;
}

const isWhole = (text: string): boolean =>
  text.includes('one') && text.endsWith('data: [DONE]\n\n');

/** Many at once, and a picker that leaves while they are there. */
export const LOAD: readonly Scenario[] = [
  {
    name: `${STREAMS} streams at once, all of them whole`,
    run: async (stage) => {
      const held = new HeldStreams();
      const { behaviour } = held;
      const behaviours = [behaviour, behaviour, behaviour, behaviour];
      const { envoy, picker, servers } = await startStack(stage, { behaviours });
      const began = performance.now();
      const streams = Array.from({ length: STREAMS }, () => readStream(envoy));
      const all = Promise.all(streams);
      await Promise.race([all, until(() => held.count === STREAMS, 60_000)]);
      const took = performance.now() - began;
      mustBe(await picker.metric('llm_d_epp_request_running'), STREAMS, 'requests that run');
      const counts = servers.engines.map(
        ({ requests }) => requests.filter(({ url }) => url !== '/metrics').length,
      );
      held.finish();
      must((await all).every(isWhole), 'a stream was not whole');
      await picker.untilMetric('llm_d_epp_request_running', 0);
      return {
        'all open after': `${(took / 1000).toFixed(1)} s`,
        'of each server': counts.join('/'),
      };
    },
  },
  {
    name: 'one of two pickers gets SIGTERM under load: no request fails, open streams end',
    run: async (stage) => {
      const held = new HeldStreams();
      const { ports } = await startServers(stage, [held.behaviour]);
      const endpoints = ports.map((port) => ({ port }));
      const leaving = await Picker.start(stage, { endpoints });
      const staying = await Picker.start(stage, { endpoints });
      const envoy = await Envoy.start(stage, {
        ...{ file: 'envoy/standalone.yaml', servers: ports },
        picker: [leaving.port, staying.port],
      });
      const streams = Array.from({ length: 50 }, () => readStream(envoy));
      await Promise.race([Promise.all(streams), until(() => held.count === 50)]);
      const statuses: number[] = [];
      let isOver = false;
      const clients = Array.from({ length: CLIENTS }, async () => {
        while (!isOver) statuses.push((await ask(envoy.url, { body: CHAT })).status);
      });
      await until(() => statuses.length > 100);
      leaving.process.signal('SIGTERM');
      const before = statuses.length;
      await until(() => statuses.length > before + 500, 60_000);
      held.finish();
      must((await Promise.all(streams)).every(isWhole), 'a stream was cut by the drain');
      mustBe(await leaving.process.exited(60_000), 0, 'exit code');
      const after = statuses.length;
      await until(() => statuses.length > after + 100, 60_000);
      isOver = true;
      await Promise.all(clients);
      const failed = statuses.filter((status) => status !== 200);
      mustBe(failed, [], 'requests that failed');
      return { requests: String(statuses.length), 'open streams': String(streams.length) };
    },
  },
];
