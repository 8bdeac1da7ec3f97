import { DOCUMENT, STREAM_END, STREAM_HEAD, TOKEN_CHUNK } from '../engine/answers.js';
import { bytesDigest } from '../engine/digest.js';
import { MessageReader } from '../wire/message-reader.js';
import { openExchange } from './exchange.js';
import { clientBody, planRequest, type RequestPlan } from './request.js';
import type { Target } from './target.js';

/** One request of which every byte counts, and what came of it. */
export interface VerbatimResult {
  /** Digest of the body that was sent. */
  sent: string;
  status: number;
  /** The answer's body is that of the engine, byte for byte. */
  isExact: boolean;
}

const HELLO = '{"role":"user","content":"Hello"}';

/** What a proxy changes that reads JSON and writes it again. */
const MEMBERS = [
  `"messages":[${HELLO}]`,
  `"messages" : [ ${HELLO} ] ,\n "seed": 9007199254740993`,
  `"messages":[{"role":"user","content":"na\\u00efve \\/ \\ud83d\\ude00 ü"}]`,
  `"messages":[{"content":"order","role":"user","name":"x"}],"top_p":1.0,"temperature_":1e0`,
  `"messages":[${HELLO}],"vllm_xargs":{"a":[1,{"b":null}]},"not_known_to_any_router":true`,
  `"messages":[{"role":"user","content":[{"type":"text","text":"Hi"}]}],"logit_bias":{"50256":-100}`,
];

/** Sends each body streamed and not. */
export async function runVerbatim(job: {
  target: Target;
  tokens: number;
}): Promise<VerbatimResult[]> {
  const results: VerbatimResult[] = [];
  for (const member of MEMBERS)
    for (const stream of [false, true]) {
      const plan = planRequest('/v1/chat/completions', member, stream);
      const wanted = stream ? streamed(job.tokens) : bodyOf(DOCUMENT);
      results.push(await sendOne(job.target, plan, bytesDigest(wanted)));
    }
  return results;
}

function sendOne(target: Target, plan: RequestPlan, wanted: string): Promise<VerbatimResult> {
  const exchange = openExchange(target);
  const parts: Buffer[] = [];
  let status = 0;
  return new Promise((resolve) => {
    const settle = (): void => {
      exchange.destroy();
      const isExact = bytesDigest(...parts) === wanted;
      resolve({ sent: bytesDigest(clientBody(plan)), status, isExact });
    };
    exchange.send(plan, {
      head: (code) => (status = code),
      data: (buffer, start, end) => void parts.push(Buffer.from(buffer.subarray(start, end))),
      end: settle,
      fail: settle,
    });
  });
}

function streamed(tokens: number): Buffer {
  const events = Array.from({ length: tokens }, () => TOKEN_CHUNK);
  return bodyOf(Buffer.concat([Buffer.from(STREAM_HEAD, 'latin1'), ...events, STREAM_END]));
}

/** The body of an answer, without its framing. */
function bodyOf(message: Buffer): Buffer {
  const parts: Buffer[] = [];
  new MessageReader(false, {
    head: () => undefined,
    body: (buffer, start, end) => void parts.push(Buffer.from(buffer.subarray(start, end))),
    end: () => undefined,
  }).push(message);
  return Buffer.concat(parts);
}
