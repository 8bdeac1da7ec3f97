import { describe, expect, it } from '@jest/globals';
import { HeldBytes } from '../openai/held-bytes.js';
import type { AnswerHead, AnswerReceiver, UpstreamRequest } from '../proxy/upstream.service.js';
import { tryReadObject } from './chat-choice.js';
import { readChatRequest, type ChatRequest } from './chat-request.js';
import { ChunkBodies } from './chunk-bodies.js';
import { ChunkBudget } from './chunk-budget.js';
import { ChunkRun } from './chunk-run.js';
import { EventAnswer } from './event-answer.js';
import { UsageSum } from './usage-sum.js';

const REQUEST = Buffer.from(
  '{"messages":[{"role":"user","content":"x"}],"max_tokens":9,"stream":true}',
);
const CHUNK = Buffer.from(
  'data: {"choices":[{"index":0,"delta":{"content":"a"},"finish_reason":"length"}]}\n\n',
);
const HEAD: AnswerHead = {
  statusCode: 200,
  reason: 'OK',
  headers: ['content-type', 'text/event-stream'],
  framing: { kind: 'chunked' },
  keepAlive: true,
  idleTimeout: undefined,
};
const NO_CALL = { pause: () => undefined, resume: () => undefined, abort: () => undefined };
const microtasks = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** A run whose requests are only kept: in `sent`, who takes the answer to each. */
function run(receiver: AnswerReceiver): { chunks: ChunkRun; sent: AnswerReceiver[] } {
  const sent: AnswerReceiver[] = [];
  const upstream = {
    request: (_origin: object, _request: UpstreamRequest, answer: AnswerReceiver) => {
      sent.push(answer);
      return NO_CALL;
    },
  };
  const text = new HeldBytes();
  const usage = new UsageSum();
  const budget = new ChunkBudget(5, 9, undefined);
  budget.next();
  const bodies = new ChunkBodies(readChatRequest(tryReadObject(REQUEST)!, 5) as ChatRequest);
  const observer = { onChunk() {}, onText: () => true, onUndivided() {}, onOver() {} };
  const stitcher = new EventAnswer(text, usage);
  const answer = { stream: true, head: () => '', observer, text, usage, bodies, budget, stitcher };
  const origin = { key: '', label: '', addresses: [], port: 1 };
  const first = { head: '', body: [REQUEST], toHead: false, connectTimeout: 0, headTimeout: 0 };
  return { chunks: new ChunkRun(upstream, origin, first, receiver, answer).start(), sent };
}

function answerWhole(receiver: AnswerReceiver): void {
  const spans = [0, CHUNK.length];
  const read = { bytes: CHUNK, end: CHUNK.length, spans, head: HEAD, done: true };
  receiver.onRead({ ...read, interim: [], trailers: '', surplus: false });
}

describe('ChunkRun', () => {
  it('sends the next request when its chunk is taken', async () => {
    const { sent } = run({ onRead: () => undefined, onFailure: () => undefined });
    answerWhole(sent[0]!);
    await microtasks();
    expect(sent).toHaveLength(2);
  });

  it('waits with it for a client whose buffers the very end of a chunk has filled', async () => {
    const { chunks, sent } = run({
      onRead: ({ spans }) => void (spans.length > 0 && chunks.pause()),
      onFailure: () => undefined,
    });
    answerWhole(sent[0]!);
    await microtasks();
    expect(sent).toHaveLength(1);
    chunks.resume();
    expect(sent).toHaveLength(2);
  });

  it('sends none when the client leaves while it waits', async () => {
    const { chunks, sent } = run({
      onRead: ({ spans }) => void (spans.length > 0 && chunks.pause()),
      onFailure: () => undefined,
    });
    answerWhole(sent[0]!);
    await microtasks();
    chunks.abort();
    chunks.resume();
    expect(sent).toHaveLength(1);
  });
});
