// The demo behind `npm start`: a prefiller, a decoder and the sidecar on loopback ports.
//   DEMO_PORT            the sidecar (8000)
//   DEMO_DECODER_PORT    the decoding simulator (8001)
//   DEMO_PREFILLER_PORT  the prefilling simulator (8002)
//   DEMO_METRICS_PORT    the sidecar's metrics (9090)
// A port that no variable names and that is busy gives way to the next free one.
import { choosePort, HOST } from './demo/ports.mjs';
import { build, curl, runDemo, start, untilReady } from './demo/programs.mjs';

async function main() {
  build();
  const port = await choosePort('DEMO_PORT', 8000);
  const decoder = await choosePort('DEMO_DECODER_PORT', 8001);
  const prefiller = await choosePort('DEMO_PREFILLER_PORT', 8002);
  const metrics = await choosePort('DEMO_METRICS_PORT', 9090);

  const format = '--log-format=pretty';
  start('prefiller', 'simulator', '--role=prefill', `--port=${prefiller}`, format);
  start('decoder', 'simulator', '--role=decode', `--port=${decoder}`, format);
  await Promise.all([
    untilReady('prefiller', `http://${HOST}:${prefiller}/health`),
    untilReady('decoder', `http://${HOST}:${decoder}/health`),
  ]);
  start(
    'sidecar',
    'sidecar',
    `--port=${port}`,
    `--bind-address=${HOST}`,
    `--model-server-port=${decoder}`,
    `--metrics-port=${metrics}`,
    '--secure-proxy=false',
    format,
  );
  await untilReady('sidecar', `http://${HOST}:${port}/health/ready`);
  introduce(port, prefiller, metrics);
}

function introduce(port, prefiller, metrics) {
  const url = `http://${HOST}:${port}/v1/chat/completions`;
  const messages = [{ role: 'user', content: 'Tell me a story' }];
  const body = { model: 'tiny', messages, max_tokens: 20, stream: true };
  const text = `
Ready. In another terminal:

  Prefill at the prefiller, decode at the decoder, streamed:
    ${curl(url, [`x-prefiller-host-port: ${HOST}:${prefiller}`], body)}

  Passed through to the decoder alone:
    ${curl(url, [], { ...body, stream: false })}

  Metrics: http://${HOST}:${metrics}/metrics (sidecar), http://${HOST}:${port}/metrics (decoder)
  Ctrl-C stops everything.
`;
  process.stdout.write(`${text}\n`);
}

runDemo(main);
