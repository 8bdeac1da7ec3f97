// Model servers of test/bench/picker/polling.ts, in a process of their own: they answer GETs with a page of metrics.
import { createServer } from 'node:net';
import { vllmPage } from '../../support/vllm-page.js';

const [count = '500', bytes = '60000', honours = 'no'] = process.argv.slice(2);

// A page that is shorter than it shall be has more ranks.
let whole = '';
for (let ranks = 1; whole.length < Number(bytes); ranks++) {
  const engine = { waiting: 3, running: 5, kvUsage: 0.25 };
  whole = vllmPage({ engines: Array.from({ length: ranks }, () => engine) });
}
const selected = whole.replace(
  /^(?!vllm:(?:num_requests_(?:running|waiting)|kv_cache_usage_perc|cache_config_info)\{).*\n/gm,
  '',
);
const answer = (text: string) =>
  Buffer.from(
    `HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: ${text.length}\r\n\r\n${text}`,
  );
const wholeAnswer = answer(whole);
const selectedAnswer = answer(selected);

const ports: number[] = [];
for (let i = 0; i < Number(count); i++) {
  const server = createServer((socket) => {
    socket.setNoDelay(true);
    socket.on('data', (data) => {
      socket.write(
        honours === 'yes' && data.includes('name%5B%5D', 0, 'latin1')
          ? selectedAnswer
          : wholeAnswer,
      );
    });
    socket.on('error', () => socket.destroy());
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const address = server.address();
  if (address !== null && typeof address === 'object') ports.push(address.port);
}
process.send?.(ports);
process.on('disconnect', () => process.exit());
