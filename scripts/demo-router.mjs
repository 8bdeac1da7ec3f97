// The demo behind `npm run demo:router`: a router, simulated workers in three pools, and a load.
//   DEMO_PORT            the router (30000)
//   DEMO_OPS_PORT        its page, decisions and metrics (29000)
//   DEMO_WORKER_PORT     the first worker (8100)
//   DEMO_CLIENTS         clients that ask one after the other (6); 0 for none
// A port that no variable names and that is busy gives way to the next free one.
import { choosePort, HOST } from './demo/ports.mjs';
import {
  build,
  curl,
  keepUp,
  processOf,
  runDemo,
  say,
  start,
  untilReady,
} from './demo/programs.mjs';
import { runLoad } from './demo/load.mjs';

const POOLS = [
  { role: 'regular', model: 'whole', flags: [] },
  { role: 'prefill', model: 'split', flags: ['--role=prefill'] },
  { role: 'decode', model: 'split', flags: ['--role=decode'] },
];
const WORKERS_A_POOL = 2;
/** How long a worker stays away that somebody has killed. */
const AWAY_MS = 15_000;

async function main() {
  build();
  const port = await choosePort('DEMO_PORT', 30_000);
  const ops = await choosePort('DEMO_OPS_PORT', 29_000);
  const clients = Number(process.env.DEMO_CLIENTS ?? 6);
  const urls = { regular: [], prefill: [], decode: [] };
  for (const { role, model, flags } of POOLS) {
    for (let at = 1; at <= WORKERS_A_POOL; at++) {
      const worker = await choosePort(urls.regular.length === 0 ? 'DEMO_WORKER_PORT' : '', 8100);
      urls[role].push(`http://${HOST}:${worker}`);
      const served = [`--port=${worker}`, `--model=${model}`, '--log-level=warn'];
      keepUp(AWAY_MS, `${role}-${at}`, 'simulator', ...flags, ...served);
    }
  }
  const all = Object.values(urls).flat();
  await Promise.all(all.map((url) => untilReady(url, `${url}/health`)));
  start(
    'router',
    'router',
    ...['--port', String(port), '--prometheus-port', String(ops), '--enable-igw'],
    ...['--worker-urls', ...urls.regular],
    ...urls.prefill.flatMap((url) => ['--prefill', url]),
    ...urls.decode.flatMap((url) => ['--decode', url]),
    ...['--decode-policy', 'power_of_two'],
    ...['--health-check-interval-secs', '3', '--cb-timeout-duration-secs', '5'],
    ...['--log-level', 'warn', '--log-format', 'pretty'],
  );
  const router = `http://${HOST}:${port}`;
  await untilReady('router', `${router}/readiness`);
  introduce(router, `http://${HOST}:${ops}`, clients, urls.regular[1]);
  runLoad(`${router}/v1/chat/completions`, { clients, report: (line) => say('load', line) });
}

function introduce(router, ops, clients, worker) {
  const url = `${router}/v1/chat/completions`;
  const ask = (model) => {
    const messages = [{ role: 'user', content: 'Tell me a story' }];
    return { model, messages, max_tokens: 20, stream: true };
  };
  process.stdout.write(`
Ready: two regular workers serve the model "whole"; two prefill and two decode workers share the work for "split".
${clients} clients are talking to both. In another terminal, or in a browser:

  What goes where, and why:       ${ops}/
  The same as JSON:               curl '${ops}/debug/decisions?limit=5'
  Workers, their load and health: curl ${router}/workers
  Metrics:                        curl ${ops}/metrics

  One worker does it all:
    ${curl(url, ['x-router-explain: 1'], ask('whole'))}

  Prefill here, decode there:
    ${curl(url, [], ask('split'))}

  Take a worker out, and put it back (one that prefills or decodes: with its "worker_type"):
    curl -X DELETE ${router}/workers/${worker}
    curl -X POST ${router}/workers -d '{"url":"${worker}"}'

  Kill one, and watch the others take its requests; it is started again after ${AWAY_MS / 1000} s:
    kill -9 ${processOf('regular-1')}

  Ctrl-C stops everything.

`);
}

runDemo(main);
