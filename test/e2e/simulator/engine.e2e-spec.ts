import { once } from 'node:events';
import { connect } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import {
  startSimulator,
  type RunningSimulator,
  type StartOptions,
} from '../../../src/apps/simulator/start-simulator.js';

const running: RunningSimulator[] = [];

async function start(options: StartOptions = {}): Promise<RunningSimulator> {
  const simulator = await startSimulator(options);
  running.push(simulator);
  return simulator;
}

afterEach(async () => {
  await Promise.all(running.splice(0).map((simulator) => simulator.close()));
});

async function post(
  { address }: RunningSimulator,
  path: string,
  body: object,
  headers: object = {},
): Promise<Response> {
  return fetch(`http://${address}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
}

async function textOf(simulator: RunningSimulator, body: object): Promise<string> {
  const response = await post(simulator, '/v1/completions', { max_tokens: 5, ...body });
  const { choices } = (await response.json()) as { choices: { text: string }[] };
  return choices.map(({ text }) => text).join('|');
}

function metric(simulator: RunningSimulator, name: string): number {
  const line = simulator
    .metrics()
    .split('\n')
    .find((text) => text.startsWith(`vllm:${name}`));
  return Number(line?.slice(line.lastIndexOf(' ')));
}

describe("the simulator's text", () => {
  it('follows from model and prompt at temperature 0, whatever the seed', async () => {
    const [one, other] = [await start(), await start({ model: 'another' })];
    const greedy = { prompt: 'a prompt', temperature: 0 };
    const text = await textOf(one, greedy);
    expect(text).toMatch(/^( \w{3}){5}$/);
    expect(await textOf(one, { ...greedy, seed: 7 })).toBe(text);
    expect(await textOf(one, { ...greedy, prompt: 'A prompt' })).not.toBe(text);
    expect(await textOf(other, greedy)).not.toBe(text);
  });

  it('follows from the seed otherwise, each digit of it', async () => {
    const simulator = await start();
    const sampled = (seed: string): Promise<Response> =>
      fetch(`http://${simulator.address}/v1/completions`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: `{"prompt":"a prompt","max_tokens":5,"seed":${seed}}`,
      });
    const texts = await Promise.all(
      ['12345678901234567', '12345678901234568', '12345678901234567'].map(async (seed) => {
        const { choices } = (await (await sampled(seed)).json()) as { choices: { text: string }[] };
        return choices[0]?.text;
      }),
    );
    expect(texts[0]).toBe(texts[2]);
    expect(texts[0]).not.toBe(texts[1]);
  });

  it('ends at a stop string', async () => {
    const simulator = await start();
    const body = { prompt: 'a prompt', temperature: 0, max_tokens: 20 };
    const stop = (await textOf(simulator, body)).split(' ')[3]!;
    const response = await post(simulator, '/v1/completions', { ...body, stop: [stop] });
    const { choices } = (await response.json()) as { choices: object[] };
    expect(choices[0]).toMatchObject({ finish_reason: 'stop', stop_reason: stop });
  });

  it('is the same of tokens as of text', async () => {
    const simulator = await start();
    const prompt = 'the same, in €uros';
    const { tokens } = (await (await post(simulator, '/tokenize', { prompt })).json()) as {
      tokens: number[];
    };
    const back = await post(simulator, '/detokenize', { tokens });
    expect(await back.json()).toEqual({ prompt });
    const greedy = { temperature: 0 };
    expect(await textOf(simulator, { ...greedy, prompt: tokens })).toBe(
      await textOf(simulator, { ...greedy, prompt }),
    );
  });
});

describe("the simulator's engine", () => {
  it('calls the tool that a request insists on', async () => {
    const simulator = await start();
    const parameters = { type: 'object', properties: { city: { type: 'string' } } };
    const tools = [{ type: 'function', function: { name: 'weather', parameters } }];
    const messages = [{ role: 'user', content: 'hi' }];
    const body = { messages, tools, tool_choice: 'required' };
    const response = await post(simulator, '/v1/chat/completions', body);
    const { choices } = (await response.json()) as {
      choices: { finish_reason: string; message: { tool_calls: { function: object }[] } }[];
    };
    expect(choices[0]?.finish_reason).toBe('tool_calls');
    const call = choices[0]?.message.tool_calls[0]?.function as { name: string; arguments: string };
    expect(call.name).toBe('weather');
    expect(JSON.parse(call.arguments)).toEqual({ city: expect.stringMatching(/^\w{3}$/) });
  });

  it('caches prefixes, but not across salts', async () => {
    const simulator = await start({ blockSize: 4 });
    const cached = async (more: object): Promise<unknown> => {
      const body = { prompt: 'x'.repeat(100), max_tokens: 1, ...more };
      const response = await post(simulator, '/v1/completions', body);
      const { usage } = (await response.json()) as {
        usage: { prompt_tokens_details: { cached_tokens: number } };
      };
      return usage.prompt_tokens_details.cached_tokens;
    };
    expect(await cached({})).toBe(0);
    expect(await cached({})).toBe(24);
    expect(await cached({ cache_salt: 'salt' })).toBe(0);
  });

  it('counts a request whose client leaves, and frees its place', async () => {
    const simulator = await start({ interTokenLatency: 10, maxNumSeqs: 1 });
    const body = JSON.stringify({ prompt: 'long', max_tokens: 10_000, stream: true });
    const socket = connect(simulator.port, '127.0.0.1');
    socket.write(
      `POST /v1/completions HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
    );
    await once(socket, 'data');
    expect(metric(simulator, 'num_requests_running{')).toBe(1);
    socket.destroy();
    expect(await textOf(simulator, { prompt: 'next' })).not.toBe('');
    expect(simulator.metrics()).toContain('finished_reason="abort"} 1');
  });

  it('streams to two hundred clients at a time', async () => {
    const simulator = await start({ interTokenLatency: 1 });
    const texts = await Promise.all(
      Array.from({ length: 200 }, async (_, index) => {
        const body = { prompt: `client ${index}`, max_tokens: 20, stream: true };
        return (await post(simulator, '/v1/completions', body)).text();
      }),
    );
    for (const text of texts) {
      expect(text.match(/"text":/g)).toHaveLength(20);
      expect(text).toMatch(/data: \[DONE\]\n\n$/);
    }
  });

  it('wants the key that it was given', async () => {
    const simulator = await start({ apiKey: 'secret' });
    const body = { prompt: 'hi', max_tokens: 1 };
    const refused = await post(simulator, '/v1/completions', body);
    expect(refused.status).toBe(401);
    expect(await refused.json()).toEqual({ error: 'Unauthorized' });
    const headers = { authorization: 'Bearer secret' };
    expect((await post(simulator, '/v1/completions', body, headers)).status).toBe(200);
  });

  it('answers models, version, health and other methods as vLLM does', async () => {
    const simulator = await start({ model: 'm' });
    const get = (path: string): Promise<Response> => fetch(`http://${simulator.address}${path}`);
    expect(await (await get('/v1/models')).json()).toMatchObject({
      object: 'list',
      data: [{ id: 'm', object: 'model', owned_by: 'vllm' }],
    });
    expect(await (await get('/version')).json()).toEqual({ version: '0.32.0' });
    expect((await get('/health')).status).toBe(200);
    const wrong = await get('/v1/completions');
    expect([wrong.status, wrong.headers.get('allow')]).toEqual([405, 'POST']);
    expect(wrong.headers.get('x-powered-by')).toBeNull();
  });
});
