import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { chatEngine } from '../../support/chat-engine.js';
import { json } from '../../support/fake-engine.js';
import { freePort } from '../../support/free-port.js';
import { readMetrics } from '../../support/metric-reader.js';
import { startFixture, type SidecarFixture } from '../../support/sidecar-fixture.js';

const WORDS = [
  'Once',
  ' upon',
  ' a',
  ' "t\u00efme"',
  '\\',
  ' the',
  '\n',
  ' end',
  ' \u{1f600}',
  '.',
];
const PATH = '/v1/chat/completions';

describe('chunked decode', () => {
  let fixture: SidecarFixture;
  const start = async (decodeChunkSize: number): Promise<void> => {
    fixture = await startFixture({ decodeChunkSize, metricsPort: await freePort() });
    fixture.decoder.behaviour = chatEngine({ tokens: WORDS });
  };
  beforeEach(() => start(4));
  afterEach(() => fixture.stop());

  const bodies = (): string[] => fixture.decoder.requests.map(({ body }) => body.toString());
  const post = (body: string): Promise<Response> =>
    fetch(fixture.url + PATH, {
      method: 'POST',
      body,
      headers: { 'content-type': 'application/json', 'x-request-id': 'r' },
    });
  /** What the engine itself answers, on a connection of its own. */
  const undivided = async (body: string): Promise<string> => {
    const answer = await fetch(`http://${fixture.decoder.hostPort}${PATH}`, {
      method: 'POST',
      body,
      headers: { 'content-type': 'application/json', 'x-request-id': 'r' },
    });
    return answer.text();
  };
  const metric = async (name: string): Promise<number | undefined> =>
    (await readMetrics(fixture.opsUrl)).get(name);

  const HEAD = '{"model":"m", "messages":[ {"role":"user","content":"caf\\u00e9"} ],"top_p":1.0';
  const MESSAGE = (text: string): string => `,{"role":"assistant","content":"${text}"}`;
  const continued = (text: string): string => HEAD.replace('"} ]', `"}${MESSAGE(text)} ]`);
  const CONTINUES = '"continue_final_message":true,"add_generation_prompt":false';

  it('asks for each chunk with the text so far as one message, and leaves every other byte', async () => {
    const answer = await post(`${HEAD},"max_tokens":10,"x":1e2}`);
    expect(answer.status).toBe(200);
    expect(bodies()).toEqual([
      `${HEAD},"max_tokens":4,"x":1e2,"max_completion_tokens":4}`,
      `${continued('Once upon a \\"t\u00efme\\"')},"max_tokens":4,"x":1e2,"max_completion_tokens":4,${CONTINUES}}`,
      `${continued('Once upon a \\"t\u00efme\\"\\\\ the\\n end')},"max_tokens":2,"x":1e2,"max_completion_tokens":2,${CONTINUES}}`,
    ]);
    expect(await answer.json()).toMatchObject({
      created: 1000,
      choices: [{ message: { content: WORDS.join('') }, finish_reason: 'length' }],
      usage: {
        prompt_tokens: 7,
        completion_tokens: 10,
        total_tokens: 17,
        prompt_tokens_details: { cached_tokens: 3 },
      },
    });
    expect(answer.headers.get('x-request-id')).toBe('r');
    expect(await metric('sidecar_decode_chunks_total')).toBe(3);
    expect(fixture.decoder.connections).toBe(1);
  });

  const REST = [
    '',
    ',"max_tokens":10',
    ',"max_completion_tokens":7,"max_tokens":100',
    ',"max_tokens":10,"min_tokens":6',
    ',"max_tokens":30,"temperature":0,"seed":12345678901234567890',
  ];
  const STREAMS = [
    '',
    ',"stream":true',
    ',"stream":true,"stream_options":{"include_usage":true}',
    ',"stream":true,"stream_options":{"include_usage":true,"continuous_usage_stats":true}',
  ];
  it.each([1, 2, 3, 4, 5, 9, 10, 11, 50])(
    'answers with chunks of %d tokens as the engine does without',
    async (size) => {
      await fixture.stop();
      await start(size);
      for (const rest of REST) {
        for (const stream of STREAMS) {
          const body = `${HEAD}${rest}${stream}}`;
          const expected = await undivided(body);
          const got = await (await post(body)).text();
          expect(plain(got)).toEqual(plain(expected));
        }
      }
    },
  );

  /** When the first request was answered is the only difference. */
  const plain = (text: string): string => text.replace(/"created":\d+/g, '"created":0');

  it('shows a stream as it comes, under one name, with one role and one end', async () => {
    const answer = await post(`${HEAD},"max_tokens":6,"stream":true}`);
    expect(answer.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
    const text = await answer.text();
    const events = text.split('\n\n').filter((event) => event.startsWith('data: {'));
    const read = events.map((event) => JSON.parse(event.slice(6)) as { choices: [object] });
    expect(new Set(read.map((event) => JSON.stringify({ ...event, choices: 0 }))).size).toBe(1);
    expect(text.match(/"role"/g)).toHaveLength(1);
    expect(text.match(/"finish_reason":"/g)).toEqual(['"finish_reason":"']);
    expect(text.match(/\[DONE\]/g)).toHaveLength(1);
    expect(text).not.toContain('usage');
    expect(fixture.decoder.requests).toHaveLength(2);
  });

  it('extends the message that the client wants to be continued', async () => {
    const own = (text: string): string =>
      `{"messages":[{"role":"user","content":"x"},{"content":"So: ${text}","role":"assistant"}],${CONTINUES},"max_tokens":5`;
    await post(`${own('')}}`);
    expect(bodies()).toEqual([
      `${own('').replace('5', '4')},"max_completion_tokens":4}`,
      `${own('Once upon a \\"t\u00efme\\"').replace(':5', ':1')},"max_completion_tokens":1}`,
    ]);
  });

  it('extends the last of its parts where its content is a list', async () => {
    const own = (text: string): string =>
      `{"messages":[{"role":"assistant","content":[{"type":"text","text":"a"},{"type":"text","text":"b${text}"}]}],${CONTINUES},"max_tokens":5`;
    fixture.decoder.behaviour = json({
      choices: [{ message: { role: 'assistant', content: 'c' }, finish_reason: 'length' }],
    });
    await post(`${own('')}}`);
    expect(bodies()[1]).toBe(`${own('c').replace(':5', ':1')},"max_completion_tokens":1}`);
  });

  it('gives each chunk its share of min_tokens, and a seed of its own', async () => {
    const rest = (most: number, least: number, seed: string): string =>
      `,"max_tokens":${most},"min_tokens":${least},"seed":${seed},"max_completion_tokens":${most}`;
    await post(`${HEAD},"max_tokens":10,"min_tokens":6,"seed":9223372036854775806}`);
    expect(bodies().map((body) => body.slice(body.indexOf(',"max_tokens"')))).toEqual([
      `${rest(4, 4, '9223372036854775806')}}`,
      `${rest(4, 2, '9223372036854775807')},${CONTINUES}}`,
      `${rest(2, 0, '9223372036854775804')},${CONTINUES}}`,
    ]);
  });

  it.each([
    ['"max_tokens":4'],
    ['"n":2'],
    ['"best_of":2'],
    ['"use_beam_search":true'],
    ['"tools":[{"type":"function","function":{"name":"f"}}]'],
    ['"tools":[{"type":"function","function":{"name":"f"}}],"tool_choice":"auto"'],
    ['"response_format":{"type":"json_object"}'],
    ['"structured_outputs":{"regex":"a*"}'],
    ['"guided_json":{}'],
    ['"logprobs":true'],
    ['"prompt_logprobs":0'],
    ['"return_token_ids":true'],
    ['"echo":true'],
    ['"stop":"\\n\\n"'],
    ['"stop":["a","bc"]'],
    ['"bad_words":["a"]'],
    ['"frequency_penalty":0.5'],
    ['"presence_penalty":-1'],
    ['"include_reasoning":false'],
    ['"truncate_prompt_tokens":5'],
    ['"add_generation_prompt":false'],
    ['"continue_final_message":true'],
    ['"seed":"5"'],
    ['"max_tokens":"50"'],
    ['"min_tokens":20,"max_tokens":10'],
    ['"stream":1'],
  ])('leaves a request with %s in one piece, and says why at debug', async (member) => {
    fixture.decoder.behaviour = json({ choices: [] });
    await post(`${HEAD},${member}}`);
    expect(bodies()).toEqual([`${HEAD},${member}}`]);
    const line = fixture.log.lines.find(({ message }) => message === 'decoded in one piece');
    expect(line).toMatchObject({ level: 'debug', fields: { reason: expect.any(String) } });
    expect(await metric('sidecar_decode_chunks_total')).toBe(0);
  });

  it.each([
    '"tool_choice":"none","tools":[{"type":"function","function":{"name":"f"}}]',
    '"n":1,"logprobs":false,"stop":"\\n","response_format":{"type":"text"},"frequency_penalty":0',
    '"n":null,"stop":[],"tools":null,"echo":false,"logit_bias":{"5":1.0},"top_k":5',
  ])('divides the answer to %s', async (members) => {
    await post(`${HEAD},${members},"max_tokens":5}`);
    expect(fixture.decoder.requests).toHaveLength(2);
  });

  it('leaves other endpoints and what it cannot read alone', async () => {
    fixture.decoder.behaviour = json({});
    const send = (path: string, body: string, headers = {}): Promise<Response> =>
      fetch(fixture.url + path, { method: 'POST', body, headers });
    await send('/v1/completions', '{"prompt":"x","max_tokens":50}');
    await send(PATH, 'no JSON');
    await send(PATH, '{"messages":[]}', { 'content-encoding': 'gzip' });
    await fetch(fixture.url + PATH, { method: 'POST' });
    expect(bodies()).toEqual(['{"prompt":"x","max_tokens":50}', 'no JSON', '{"messages":[]}', '']);
  });
});
