import { createServer, type Socket } from 'node:net';
import { vllmPage } from '../../../support/vllm-page.js';
import { MessageReader } from '../../wire/message-reader.js';

export interface PageServerOptions {
  /** Of a page of metrics, at least. */
  readonly bytes: number;
  /** They heed `name[]`, as Prometheus' client for Python does. */
  readonly selects: boolean;
}

const SELECTION = /[?&]name(?:%5B%5D|\[\])=/i;
const NOT_SELECTED =
  /^(?!vllm:(?:num_requests_(?:running|waiting)|kv_cache_usage_perc|cache_config_info|lora_requests_info)\{).*\n/gm;
const COMPLETION = JSON.stringify({
  ...{ id: 'chatcmpl-1', object: 'chat.completion', created: 1_790_000_000, model: 'org/a-model' },
  choices: [
    { index: 0, message: { role: 'assistant', content: 'So it is.' }, finish_reason: 'stop' },
  ],
  usage: { prompt_tokens: 256, completion_tokens: 4, total_tokens: 260 },
});

/**
 * Model servers as a picker and a proxy see them, all in this process: a GET gets a page of metrics, a POST an answer.
 *
 * @returns their ports
 */
export async function pageServers(count: number, options: PageServerOptions): Promise<number[]> {
  const whole = pageOf(options.bytes);
  const serve = answering({
    whole: answer('text/plain', whole),
    selected: answer('text/plain', whole.replace(NOT_SELECTED, '')),
    completion: answer('application/json', COMPLETION),
    selects: options.selects,
  });
  const ports: number[] = [];
  for (let i = 0; i < count; i++) {
    const server = createServer({ noDelay: true }, serve);
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
    ports.push((server.address() as { port: number }).port);
  }
  return ports;
}

interface Answers {
  readonly whole: Buffer;
  readonly selected: Buffer;
  readonly completion: Buffer;
  readonly selects: boolean;
}

function answering({ whole, selected, completion, selects }: Answers): (socket: Socket) => void {
  return (socket) => {
    let head = '';
    const reader = new MessageReader(true, {
      head: (text) => (head = text),
      body: () => undefined,
      end: () => {
        if (head.startsWith('POST ')) socket.write(completion);
        else socket.write(selects && SELECTION.test(head) ? selected : whole);
      },
    });
    socket.on('data', (data) => reader.push(data));
    socket.on('error', () => socket.destroy());
  };
}

/** A page that is shorter than it shall be gets more ranks. */
function pageOf(bytes: number): string {
  const engine = { waiting: 3, running: 5, kvUsage: 0.25 };
  let page = '';
  for (let ranks = 1; page.length < bytes; ranks++)
    page = vllmPage({ engines: Array.from({ length: ranks }, () => engine) });
  return page;
}

function answer(type: string, text: string): Buffer {
  return Buffer.from(
    `HTTP/1.1 200 OK\r\nContent-Type: ${type}\r\nContent-Length: ${text.length}\r\n\r\n${text}`,
  );
}
