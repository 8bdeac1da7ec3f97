import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { playAnswer } from '../../support/ext-proc-answer.js';
import type { ExtProcStream } from '../../support/ext-proc-client.js';
import type { BodyMode } from '../../support/ext-proc-messages.js';
import { PickerProgram } from '../../support/picker-program.js';

const BODY = { model: 'm', messages: [{ role: 'user', content: 'x' }] };
const MODES: readonly BodyMode[] = ['FULL_DUPLEX_STREAMED', 'BUFFERED', 'STREAMED', 'NONE'];
const STREAMING: readonly BodyMode[] = ['FULL_DUPLEX_STREAMED', 'STREAMED'];
const EVENTS = [
  [':status', '200'],
  ['content-type', 'text/event-stream'],
] as const;
const JSON_HEAD = [
  [':status', '200'],
  ['content-type', 'application/json'],
  ['content-length', '7'],
] as const;

let picker: PickerProgram;

beforeAll(async () => {
  picker = await PickerProgram.configured({ endpoints: [{ name: 'a', endpoint: '10.9.0.1:80' }] });
});
afterAll(() => picker.stop());

/** @returns a stream whose request has gone on, and takes its answer in that mode */
async function asked(responseMode: BodyMode): Promise<ExtProcStream> {
  return (await picker.ask({ body: BODY, responseMode })).stream;
}

/** @returns what one chunk of an answer becomes */
async function passed(stream: ExtProcStream, body: string, end = false): Promise<string> {
  stream.send({ response_body: { body, end_of_stream: end } });
  const answer = await stream.next();
  expect(answer.kind).toBe('response_body');
  if (!answer.streamed) return (answer.body ?? body).toString();
  expect(answer.streamed.end_of_stream).toBe(end);
  return answer.streamed.body.toString();
}

describe('the answer of a model server', () => {
  it.each(MODES)('passes as it is in mode %s, with and without trailers', async (mode) => {
    const chunks = ['{"a":"h', Buffer.from([0xc3]), Buffer.from([0xa4]), '', '"}'];
    for (const more of [{}, { trailers: [['x-sum', '1']] as const }]) {
      const stream = await asked(mode);
      const answer = await playAnswer(stream, { mode, chunks, headers: JSON_HEAD, ...more });
      expect(answer.body.toString()).toBe('{"a":"hä"}');
      expect(answer.headers.get('content-type')).toBe('application/json');
      expect((await stream.ended()).code).toBe(0);
    }
  });

  it.each(STREAMING)('is answered event by event in mode %s', async (mode) => {
    const stream = await asked(mode);
    stream.send({ response_headers: { headers: EVENTS } });
    expect((await stream.next()).kind).toBe('response_headers');
    for (let i = 0; i < 20; i++) {
      const event = `data: {"choices":[{"text":"${i}"}]}\n\n`;
      // Each one before the next is sent; halves too.
      expect(await passed(stream, event)).toBe(event);
      expect(await passed(stream, 'data: {"choi')).toBe('data: {"choi');
      expect(await passed(stream, 'ces":[]}\n\n')).toBe('ces":[]}\n\n');
    }
    expect(await passed(stream, 'data: [DONE]\n\n')).toBe('data: [DONE]\n\n');
    expect(await passed(stream, '', true)).toBe('');
    stream.halfClose();
    expect((await stream.ended()).code).toBe(0);
  });

  it('may have a head alone', async () => {
    const stream = await asked('FULL_DUPLEX_STREAMED');
    stream.send({ response_headers: { headers: [[':status', '204']], end_of_stream: true } });
    expect((await stream.next()).kind).toBe('response_headers');
    stream.halfClose();
    expect((await stream.ended()).code).toBe(0);
  });

  it('may be all that is shown of an exchange', async () => {
    for (const modes of [undefined, 'STREAMED', 'BUFFERED', 'FULL_DUPLEX_STREAMED'] as const) {
      const stream = picker.client.stream();
      stream.send({
        response_headers: { headers: EVENTS },
        ...(modes && { protocol_config: { request: 'NONE', response: modes } }),
      });
      expect((await stream.next()).kind).toBe('response_headers');
      expect(await passed(stream, 'data: 1\n\n', true)).toBe('data: 1\n\n');
      stream.halfClose();
      expect((await stream.ended()).code).toBe(0);
    }
  });

  it('ends once, whatever follows the end', async () => {
    const stream = await asked('FULL_DUPLEX_STREAMED');
    stream.send({ response_headers: { headers: EVENTS } });
    for (const body of ['data: 1\n\n', '', 'more']) {
      stream.send({ response_body: { body, end_of_stream: true } });
    }
    stream.halfClose();
    expect((await stream.ended()).code).toBe(0);
    const ends = stream.received.filter(({ kind }) => kind === 'response_body');
    expect(ends.map(({ streamed }) => streamed?.body.toString())).toEqual(['data: 1\n\n']);
  });

  it('need not come: the stream just ends', async () => {
    for (const mode of MODES) {
      const stream = await asked(mode);
      stream.halfClose();
      expect((await stream.ended()).code).toBe(0);
    }
  });

  it('of Envoy itself may come before the request has ended', async () => {
    const stream = picker.client.stream();
    stream.send({ request_headers: { headers: [[':path', '/v1/completions']] } });
    stream.send({ request_body: { body: '{"model":' } });
    const answer = await playAnswer(stream, { status: 408, chunks: ['slow'] });
    expect(answer.body.toString()).toBe('slow');
  });

  it('leaves nothing behind that counts as running', async () => {
    const left = await asked('FULL_DUPLEX_STREAMED');
    left.cancel();
    const deadline = performance.now() + 20_000;
    const running = (): Promise<number> => picker.metric('llm_d_epp_request_running');
    while ((await running()) > 0 && performance.now() < deadline);
    expect(await running()).toBe(0);
  });
});
