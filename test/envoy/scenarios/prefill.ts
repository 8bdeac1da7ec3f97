import type { SidecarProcess } from '../../support/sidecar-process.js';
import { Envoy } from '../rig/envoy.js';
import { ask, open } from '../rig/http-client.js';
import { Picker, type FileEndpoint } from '../rig/picker.js';
import { finishedRequests, MODEL, startSidecar, startSimulator } from '../rig/programs.js';
import { must, mustBe, type Scenario } from '../scenario.js';

/** Client, Envoy, picker, sidecar, prefiller and decoder. */
export const PREFILL: readonly Scenario[] = [
  {
    name: 'prefill on one server, decode on another, by the sidecar before it',
    run: async (stage) => {
      const prefill = await Promise.all([
        startSimulator(stage, 'prefill'),
        startSimulator(stage, 'prefill'),
      ]);
      const decode = await Promise.all([
        startSimulator(stage, 'decode'),
        startSimulator(stage, 'decode'),
      ]);
      const sidecars = await Promise.all(decode.map(({ port }) => startSidecar(stage, port)));
      const entries = (role: string, programs: readonly SidecarProcess[]): FileEndpoint[] =>
        programs.map(({ port }) => ({ port, labels: { 'llm-d.ai/role': role } }));
      const endpoints = [...entries('prefill', prefill), ...entries('decode', sidecars)];
      const picker = await Picker.start(stage, { endpoints, file: 'picker.pd.yaml' });
      const envoy = await Envoy.start(stage, {
        ...{ file: 'envoy/standalone.yaml', picker: picker.port },
        servers: sidecars.map(({ port }) => port),
      });
      const messages = [{ role: 'user', content: 'Tell me a story' }];
      const whole = await ask(envoy.url, { body: { model: MODEL, messages, max_tokens: 20 } });
      mustBe(whole.status, 200, `status (${whole.text})`);
      const told = JSON.parse(whole.text) as { usage: { completion_tokens: number } };
      mustBe(told.usage.completion_tokens, 20, 'tokens');
      const events = await streamed(envoy, {
        model: MODEL,
        messages,
        max_tokens: 20,
        stream: true,
      });
      must(events >= 20, `${events} events of a stream`);
      const long = [{ role: 'user', content: 'word '.repeat(1_000_000) }];
      const answer = await ask(envoy.url, {
        body: { model: MODEL, messages: long, max_tokens: 2 },
      });
      mustBe(answer.status, 200, `status of 5 MB (${answer.text.slice(0, 200)})`);
      const sum = async (programs: readonly SidecarProcess[]): Promise<number> =>
        (await Promise.all(programs.map(finishedRequests))).reduce((all, one) => all + one, 0);
      mustBe([await sum(prefill), await sum(decode)], [3, 3], 'prefills and decodes');
      const models = await ask(envoy.url, { path: '/v1/models' });
      must(models.text.includes(MODEL), `the models: ${models.text}`);
    },
  },
];

async function streamed(envoy: Envoy, body: object): Promise<number> {
  let text = '';
  for await (const chunk of await open(envoy.url, { body })) text += (chunk as Buffer).toString();
  must(text.endsWith('data: [DONE]\n\n'), `the stream has no end: ${text.slice(-200)}`);
  return text.split('\n\n').length;
}
