import { SidecarProcess } from '../../support/sidecar-process.js';
import { Envoy } from '../rig/envoy.js';
import { ask, open } from '../rig/http-client.js';
import { Picker, type FileEndpoint } from '../rig/picker.js';
import { endWithProcess } from '../rig/with-process.js';
import { must, mustBe, type Scenario, type Stage } from '../scenario.js';

const MODEL = 'tiny';
const FAST = [
  '--time-to-first-token=1ms',
  '--prefill-tokens-per-second=0',
  '--inter-token-latency=1ms',
  '--log-level=info',
];
/** Client, Envoy, picker, sidecar, prefiller and decoder. */
export const PREFILL: readonly Scenario[] = [
  {
    name: 'prefill on one server, decode on another, by the sidecar before it',
    run: async (stage) => {
      const prefill = await Promise.all([simulator(stage, 'prefill'), simulator(stage, 'prefill')]);
      const decode = await Promise.all([simulator(stage, 'decode'), simulator(stage, 'decode')]);
      const sidecars = await Promise.all(decode.map(({ port }) => sidecar(stage, port)));
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
        (await Promise.all(programs.map(requests))).reduce((all, one) => all + one, 0);
      mustBe([await sum(prefill), await sum(decode)], [3, 3], 'prefills and decodes');
      const models = await ask(envoy.url, { path: '/v1/models' });
      must(models.text.includes(MODEL), `the models: ${models.text}`);
    },
  },
];

async function simulator(stage: Stage, role: string): Promise<SidecarProcess> {
  return started(stage, '/health', ({ data }) => [
    ...['simulator', `--port=${data}`, `--role=${role}`, `--model=${MODEL}`],
    ...FAST,
  ]);
}

async function sidecar(stage: Stage, decoder: number): Promise<SidecarProcess> {
  return started(stage, '/health/ready', ({ data }) => [
    ...['sidecar', `--port=${data}`, '--bind-address=127.0.0.1', '--secure-proxy=false'],
    ...[`--model-server-port=${decoder}`, '--metrics-port=0'],
  ]);
}

async function started(
  { after }: Stage,
  healthPath: string,
  args: Parameters<typeof SidecarProcess.start>[0],
): Promise<SidecarProcess> {
  const program = await SidecarProcess.start(args);
  const forget = endWithProcess(() => program.signal('SIGKILL'));
  after(async () => {
    forget();
    await program.stop();
  });
  const deadline = performance.now() + 20_000;
  const isReady = (): Promise<boolean> =>
    fetch(`${program.url}${healthPath}`).then(
      ({ ok }) => ok,
      () => false,
    );
  while (!(await isReady())) {
    must(performance.now() < deadline, `a program does not serve: ${program.stderr}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return program;
}

async function streamed(envoy: Envoy, body: object): Promise<number> {
  let text = '';
  for await (const chunk of await open(envoy.url, { body })) text += (chunk as Buffer).toString();
  must(text.endsWith('data: [DONE]\n\n'), `the stream has no end: ${text.slice(-200)}`);
  return text.split('\n\n').length;
}

/** Requests that an engine has finished. */
async function requests(engine: SidecarProcess): Promise<number> {
  const page = await (await fetch(`${engine.url}/metrics`)).text();
  const samples = page.matchAll(/^vllm:request_success_total\{[^}]*\} (\S+)$/gm);
  return [...samples].reduce((sum, [, value]) => sum + Number(value), 0);
}
