// Model servers of test/bench/picker/polling.ts, in a process of their own: they answer GETs with a page of metrics.
import { createServer } from 'node:net';

const [count = '500', bytes = '60000', honours = 'no'] = process.argv.slice(2);

const family = (name: string, labels = '') =>
  `# HELP vllm:${name} A text of about that length that says what it is.\n# TYPE vllm:${name} gauge\nvllm:${name}{engine="0",model_name="meta-llama/Llama-3.1-8B-Instruct"${labels}} 3.0\n`;
const small =
  family('num_requests_running') +
  family('num_requests_waiting') +
  family('kv_cache_usage_perc').replace('3.0', '0.25') +
  family('cache_config_info', ',block_size="16",cache_dtype="auto",num_gpu_blocks="27000"');
let page = small;
for (let i = 0; page.length < Number(bytes); i++) {
  page += `vllm:time_to_first_token_seconds_bucket{engine="0",le="${i / 8}",model_name="meta-llama/Llama-3.1-8B-Instruct"} ${i * 31}.0\n`;
}
const answer = (text: string) =>
  Buffer.from(
    `HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: ${text.length}\r\n\r\n${text}`,
  );
const whole = answer(page);
const selected = answer(small);

const ports: number[] = [];
for (let i = 0; i < Number(count); i++) {
  const server = createServer((socket) => {
    socket.setNoDelay(true);
    socket.on('data', (data) => {
      socket.write(
        honours === 'yes' && data.includes('name%5B%5D', 0, 'latin1') ? selected : whole,
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
