import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { DESTINATION, type PlayedRequest } from '../../support/ext-proc-exchange.js';
import type { BodyMode } from '../../support/ext-proc-messages.js';
import type { ExtProcStream } from '../../support/ext-proc-client.js';
import { PickerProgram } from '../../support/picker-program.js';

const A = '10.9.0.1:8000';
const TEXT = 'é€😀"\\ '.repeat(500);
const CHAT = JSON.stringify({ model: 'm', messages: [{ role: 'user', content: TEXT }] });
const POST = [
  [':method', 'POST'],
  [':path', '/v1/chat/completions'],
] as const;
const MODES: readonly BodyMode[] = ['FULL_DUPLEX_STREAMED', 'BUFFERED', 'STREAMED', 'NONE'];
const TRAILERS = [['x-sum', '1']] as const;

let picker: PickerProgram;

beforeAll(async () => {
  picker = await PickerProgram.configured({ endpoints: [{ name: 'a', endpoint: A }] });
});
afterAll(() => picker.stop());

/** Sends heads in that mode, then bodies without waiting for an answer. */
function send(mode: BodyMode | undefined, ...bodies: readonly (string | Buffer)[]): ExtProcStream {
  const stream = picker.client.stream();
  stream.send({
    request_headers: { headers: POST },
    ...(mode && { protocol_config: { request: mode, response: mode } }),
  });
  for (const body of bodies) stream.send({ request_body: { body } });
  return stream;
}

/** @returns all answers of a stream that is not spoken to any more */
async function answersOf(stream: ExtProcStream): Promise<ExtProcStream['received']> {
  stream.halfClose();
  expect((await stream.ended()).code).toBe(0);
  return stream.received;
}

function bodyOf(answers: ExtProcStream['received']): string {
  return Buffer.concat(answers.flatMap(({ streamed }) => streamed?.body ?? [])).toString();
}

const endsOf = (answers: ExtProcStream['received']): number =>
  answers.filter(({ streamed }) => streamed?.end_of_stream).length;

describe('a body in full duplex', () => {
  const bytes = Buffer.from(CHAT);
  const singles = Array.from(bytes, (byte) => Buffer.from([byte]));
  const empties = ['', bytes.subarray(0, 40), '', '', bytes.subarray(40), ''];
  it.each([
    ['thousands of chunks, whose borders are within characters', singles],
    ['chunks without bytes', empties],
    ['one chunk', [bytes]],
  ])('comes back as it was, in %s', async (_, chunks) => {
    const stream = send('FULL_DUPLEX_STREAMED', ...chunks);
    // Nothing is due before the body has ended.
    stream.send({ request_body: { body: '', end_of_stream: true } });
    const answers = await answersOf(stream);
    expect(answers[0]!.kind).toBe('request_headers');
    expect(answers[0]!.dynamicMetadata).toEqual({ 'envoy.lb': { [DESTINATION]: A } });
    expect(bodyOf(answers)).toBe(CHAT);
    expect(endsOf(answers)).toBe(1);
    expect(answers.at(-1)!.streamed!.end_of_stream).toBe(true);
  });

  it('ends once, though the end is told twice and more follows', async () => {
    const stream = send('FULL_DUPLEX_STREAMED');
    stream.send({ request_body: { body: CHAT, end_of_stream: true } });
    stream.send({ request_body: { body: '', end_of_stream: true } });
    stream.send({ request_body: { body: 'more', end_of_stream: true } });
    const answers = await answersOf(stream);
    expect([bodyOf(answers), endsOf(answers)]).toEqual([CHAT, 1]);
  });

  it('is ended by trailers, which are answered last', async () => {
    const stream = send('FULL_DUPLEX_STREAMED', CHAT);
    stream.send({ request_trailers: TRAILERS });
    const answers = await answersOf(stream);
    const kinds = ['request_headers', 'request_body', 'request_trailers'];
    expect(answers.map(({ kind }) => kind)).toEqual(kinds);
    expect(bodyOf(answers)).toBe(CHAT);
  });

  it('may be missing before trailers', async () => {
    const stream = send('FULL_DUPLEX_STREAMED');
    stream.send({ request_trailers: TRAILERS });
    expect((await answersOf(stream))[0]!.immediate?.status).toBe(400);
  });

  it('is what a proxy means that says nothing of modes', async () => {
    const stream = send(undefined);
    stream.send({ request_body: { body: CHAT, end_of_stream: true } });
    expect(bodyOf(await answersOf(stream))).toBe(CHAT);
  });

  it('may be large: pieces stay below 62,001 bytes', async () => {
    const content = 'x'.repeat(6_000_000);
    const body = { model: 'm', messages: [{ role: 'user', content }] };
    const decision = await picker.ask({ body, chunk: 1_000_000 });
    expect(decision.body.toString()).toBe(JSON.stringify(body));
    decision.stream.cancel();
  });
});

describe('a request', () => {
  it.each(MODES)('is decided in mode %s with and without trailers', async (mode) => {
    for (const more of [{}, { trailers: TRAILERS }]) {
      const decision = await picker.ask({ mode, body: CHAT, chunk: 700, ...more });
      expect([decision.endpoint, decision.metadata]).toEqual([A, A]);
      expect(decision.body.toString()).toBe(CHAT);
      decision.stream.cancel();
    }
  });

  it.each(MODES)('without a body is decided at once in mode %s', async (mode) => {
    const decision = await picker.ask({ mode, path: '/v1/models' });
    expect([decision.endpoint, decision.metadata, decision.answers.length]).toEqual([A, A, 1]);
    decision.stream.cancel();
  });

  it('of 6 MB in one buffered message is answered with its own bytes, or none', async () => {
    const content = 'x'.repeat(6_000_000);
    const body = { model: 'm', messages: [{ role: 'user', content }] };
    const decision = await picker.ask({ mode: 'BUFFERED', body });
    expect(decision.endpoint).toBe(A);
    expect(decision.body.toString()).toBe(JSON.stringify(body));
    decision.stream.cancel();
  });

  it.each(['STREAMED', 'NONE'] as const)('in mode %s needs no model', async (mode) => {
    const decision = await picker.ask({ mode, body: 'no JSON' });
    expect([decision.endpoint, decision.body.toString()]).toEqual([A, 'no JSON']);
    decision.stream.cancel();
  });

  const BYTES = Buffer.from(Array.from({ length: 70_000 }, (_, at) => at % 256));
  it.each<Partial<PlayedRequest>>([
    {},
    { mode: 'BUFFERED' },
    { headers: [['content-type', 'multipart/form-data; boundary=x']] },
    { body: '' },
    { body: '{"model":' },
  ])('of an unknown path is not read: %j', async (more) => {
    const decision = await picker.ask({ path: '/v1/any/thing?model=x', body: BYTES, ...more });
    expect(decision.endpoint).toBe(A);
    expect(decision.body.equals(Buffer.from((more.body ?? BYTES) as string))).toBe(true);
    decision.stream.cancel();
  });

  it('of an unknown path is refused where the configuration names parsers for others alone', async () => {
    const sut = await PickerProgram.configured({
      endpoints: [{ name: 'a', endpoint: A }],
      plugins: '- {type: openai-parser}',
      config: 'requestHandler: {parsers: [{pluginRef: openai-parser}]}',
    });
    const post = await sut.ask({ path: '/v1/any/thing', body: BYTES });
    const get = await sut.ask({ path: '/v1/any/thing' });
    const chat = await sut.ask({ body: CHAT });
    await sut.stop();
    expect([post.immediate?.status, get.endpoint, chat.endpoint]).toEqual([400, A, A]);
  });

  it('in a second request_headers of a stream ends the stream, and nothing runs on', async () => {
    const stream = picker.client.stream();
    const head = { headers: POST, end_of_stream: true };
    stream.send({ request_headers: head });
    stream.send({ request_headers: head });
    expect((await stream.ended()).code).toBe(3);
  });
});

it('is not counted as running when its stream has ended', async () => {
  const running = (): Promise<number> => picker.metric('llm_d_epp_request_running');
  const deadline = performance.now() + 20_000;
  while ((await running()) > 0 && performance.now() < deadline);
  expect(await running()).toBe(0);
});
