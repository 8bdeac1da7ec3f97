import { playAnswer } from '../../support/ext-proc-answer.js';
import type { ExtProcClient, ExtProcStream } from '../../support/ext-proc-client.js';
import { playRequest } from '../../support/ext-proc-exchange.js';
import type { BodyMode } from '../../support/ext-proc-messages.js';

/** What one stream works with. */
export interface StreamTools {
  readonly client: ExtProcClient;
  readonly random: () => number;
}

/** Plays a stream to its end. @returns what went wrong, if anything */
type Play = (tools: StreamTools) => Promise<string | undefined>;

const MODES: readonly BodyMode[] = ['FULL_DUPLEX_STREAMED', 'BUFFERED', 'STREAMED', 'NONE'];
const HEADERS = { headers: [[':path', '/v1/chat/completions']], end_of_stream: false } as const;
/** Some are longer than the memory that is used again, and than the window of a stream. */
const LONGEST = 300_000;

/** Ways in which a stream goes, by their names; the first one goes as it should. */
export const STREAM_KINDS: Readonly<Record<string, Play>> = {
  whole: async ({ client, random }) => {
    const mode = pick(MODES, random);
    const body = bodyOf(random);
    const stream = client.stream();
    const decision = await playRequest(stream, {
      body,
      mode,
      chunk: 1 + Math.floor(random() * 90_000),
    });
    if (decision.immediate) return `refused with ${decision.immediate.status}`;
    if (!decision.body.equals(body)) return `another body in mode ${mode}`;
    const chunks = ['data: {"usage":{"prompt_tokens":1}}\n\n', 'data: [DONE]\n\n'];
    const answer = await playAnswer(stream, { mode, chunks });
    await stream.ended();
    const isSame = mode === 'NONE' || answer.body.toString() === chunks.join('');
    return isSame ? undefined : `another answer in mode ${mode}`;
  },
  'leaves while it sends': async ({ client, random }) => {
    const stream = client.stream();
    stream.send({ request_headers: HEADERS });
    for (let i = random() * 4; i > 0; i--) stream.send({ request_body: { body: bodyOf(random) } });
    return leave(stream, random);
  },
  'leaves when it is decided': async ({ client, random }) => {
    const stream = client.stream();
    const mode = pick(MODES, random);
    await playRequest(stream, { body: bodyOf(random), mode, trailers: [['x', 'y']] });
    return leave(stream, random);
  },
  'leaves at once': async ({ client, random }) => {
    const stream = client.stream();
    stream.send({ request_headers: { ...HEADERS, end_of_stream: true } });
    return leave(stream, random);
  },
  'leaves amid the answer': async ({ client, random }) => {
    const stream = client.stream();
    await playRequest(stream, { body: bodyOf(random) });
    stream.send({ response_headers: { headers: [[':status', '200']] } });
    stream.send({ response_body: { body: 'data: {' } });
    return leave(stream, random);
  },
  'says it twice': async ({ client, random }) => {
    const stream = client.stream();
    await playRequest(stream, {});
    stream.send({ request_headers: { ...HEADERS, end_of_stream: random() < 0.5 } });
    return ends(stream, 3);
  },
  'begins with the body': async ({ client }) => {
    const stream = client.stream();
    stream.send({ request_body: { body: '{"model":"m","messages":[]}', end_of_stream: true } });
    stream.send({ request_headers: HEADERS });
    return ends(stream, 3);
  },
  'is no message': async ({ client }) => {
    const stream = client.stream();
    stream.send({});
    return ends(stream, 3);
  },
  'is no JSON': async ({ client, random }) => {
    const { immediate } = await playRequest(client.stream(), {
      body: '{"model":',
      mode: random() < 0.5 ? 'BUFFERED' : 'FULL_DUPLEX_STREAMED',
    });
    return immediate?.status === 400
      ? undefined
      : `${immediate?.status} for a body that is no JSON`;
  },
};

async function leave(stream: ExtProcStream, random: () => number): Promise<undefined> {
  if (random() < 0.3) await new Promise((resolve) => setTimeout(resolve, random() * 5));
  if (random() < 0.5) stream.cancel();
  else stream.halfClose();
  await stream.ended();
}

async function ends(stream: ExtProcStream, code: number): Promise<string | undefined> {
  const status = await stream.ended();
  return status.code === code ? undefined : `status ${status.code} ${status.message}`;
}

function bodyOf(random: () => number): Buffer {
  const length = Math.floor(random() * (random() < 0.1 ? LONGEST : 2000));
  const content = String.fromCharCode(97 + Math.floor(random() * 26)).repeat(length);
  return Buffer.from(JSON.stringify({ model: 'm', messages: [{ role: 'user', content }] }));
}

function pick<T>(items: readonly T[], random: () => number): T {
  return items[Math.floor(random() * items.length)]!;
}
