import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  startSimulator,
  type RunningSimulator,
} from '../../../src/apps/simulator/start-simulator.js';
import { REQUESTS, type RecordedRequest } from './requests.js';

interface Recorded {
  readonly status: number;
  readonly type: string | null;
  readonly text: string;
}

/** What vLLM 0.32.0 answered; see `record.mjs`. */
const RECORDED = JSON.parse(readFileSync('test/e2e/simulator/recorded.json', 'utf8')) as Record<
  string,
  Recorded
>;

/** The value with every leaf replaced by its type, but for constants that clients depend on. */
function shapeOf(value: unknown, key = ''): unknown {
  if (Array.isArray(value)) {
    const items = value.map((item) => shapeOf(item));
    // How many tokens or blocks there are is the model's and the tokenizer's affair.
    return /token_ids|^tokens$|block_ids/.test(key) ? items.slice(0, 1) : items;
  }
  if (value !== null && typeof value === 'object') {
    const entries = Object.entries(value).map(([name, inner]) => [name, shapeOf(inner, name)]);
    return Object.fromEntries(entries);
  }
  const constants = ['object', 'type', 'role', 'finish_reason', 'stop_reason', 'status', 'model'];
  return constants.includes(key) || value === null ? value : typeof value;
}

function read({ type, text }: Recorded): unknown {
  if (!type?.startsWith('text/event-stream')) return shapeOf(JSON.parse(text));
  const events = text.split('\n\n').map((event) => {
    const [first = '', second] = event.split('\n');
    const data = (second ?? first).replace(/^data: /, '');
    const name = second === undefined ? '' : first;
    return [name, data.startsWith('{') ? shapeOf(JSON.parse(data)) : data];
  });
  // Some tokens are no text yet: how many deltas there are is the tokenizer's affair too.
  return events.filter((event, at) => JSON.stringify(event) !== JSON.stringify(events[at - 1]));
}

describe('the simulator', () => {
  let simulator: RunningSimulator;

  beforeAll(async () => {
    simulator = await startSimulator({
      maxModelLen: 4096,
      blockSize: 128,
      enablePromptTokensDetails: false,
    });
  });

  afterAll(() => simulator.close());

  async function send(request: RecordedRequest): Promise<Recorded> {
    const { path, body, contentType = 'application/json' } = request;
    const response = await fetch(`http://${simulator.address}${path}`, {
      method: 'POST',
      headers: { 'content-type': contentType },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });
    const type = response.headers.get('content-type');
    return { status: response.status, type, text: await response.text() };
  }

  it.each(REQUESTS.map((request) => [request.name, request] as const))(
    'answers %s as vLLM does',
    async (name, request) => {
      const recorded = RECORDED[name]!;
      const answer = await send(request);
      expect(answer.status).toBe(recorded.status);
      expect(answer.type).toBe(recorded.type);
      if (request.exact) expect(answer.text).toBe(recorded.text);
      else expect(read(answer)).toEqual(read(recorded));
    },
  );
});
