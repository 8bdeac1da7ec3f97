import { must, mustBe } from '../../envoy/scenario.js';
import type { SidecarProcess } from '../../support/sidecar-process.js';
import { router, sidecar, simulator, start, type Scenario, type Stage } from '../scenario.js';

const PROMPT = 'one two three four five six seven eight nine ten eleven twelve thirteen fourteen';

/** Requests through the sidecar and the router, to simulators, all of the image. */
export const REQUESTS: readonly Scenario[] = [
  {
    name: 'sidecar: prefills at one simulator, decodes at the other',
    run: async (stage) => disaggregated(stage, []),
  },
  {
    name: 'sidecar: the same with two workers',
    run: async (stage) => disaggregated(stage, ['--workers=2']),
  },
  {
    name: 'router: routes to simulators, shows its page and its metrics',
    run: async (stage) => {
      const workers = [await start(stage, simulator()), await start(stage, simulator())];
      const urls = workers.map(({ url }) => `--worker-urls=${url}`);
      const front = await start(stage, router(...urls, '--policy=round_robin'));
      await servedBy(front.url);
      const page = await fetch(`${front.opsUrl}/`);
      must((await page.text()).includes('<html'), `no page: ${page.status}`);
      must(
        (await (await fetch(`${front.opsUrl}/metrics`)).text()).includes('# TYPE'),
        'no metrics',
      );
    },
  },
  {
    name: 'doctor: tells what a simulator can do',
    run: async (stage) => {
      const server = await start(stage, simulator());
      const told = await stage.runner.end(['doctor', `--worker-urls=${server.url}`]);
      mustBe(told.code, 0, `how it ends (${told.stderr})`);
      must(told.stdout.includes(server.url), told.stdout);
    },
  },
];

async function disaggregated(stage: Stage, flags: readonly string[]): Promise<void> {
  const prefiller = await start(stage, simulator('--role=prefill'));
  const decoder = await start(stage, simulator('--role=decode'));
  const front = await start(stage, sidecar(decoder.port, ...flags));
  for (const stream of [false, true]) {
    const answer = await complete(front.url, stream, {
      'x-prefiller-host-port': `127.0.0.1:${prefiller.port}`,
    });
    mustBe(answer.status, 200, `status (${answer.text})`);
    must(
      stream ? answer.text.endsWith('data: [DONE]\n\n') : answer.text.includes('choices'),
      answer.text,
    );
  }
  for (const engine of [prefiller, decoder]) {
    mustBe(await served(engine), 2, 'requests that a simulator served');
  }
}

async function servedBy(url: string): Promise<void> {
  const deadline = performance.now() + 20_000;
  for (;;) {
    const answer = await complete(url, false);
    if (answer.status === 200) return;
    if (performance.now() > deadline) throw new Error(`${answer.status} ${answer.text}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

async function complete(
  url: string,
  stream: boolean,
  headers: Readonly<Record<string, string>> = {},
): Promise<{ status: number; text: string }> {
  const answer = await fetch(`${url}/v1/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ model: 'tiny', prompt: PROMPT, max_tokens: 8, stream }),
  });
  return { status: answer.status, text: await answer.text() };
}

/** @returns how many requests a simulator has ended well */
async function served({ url }: SidecarProcess): Promise<number> {
  const page = await (await fetch(`${url}/metrics`)).text();
  const samples = page.matchAll(/^vllm:request_success_total\{.*\} (\d+)$/gm);
  return [...samples].reduce((sum, [, value]) => sum + Number(value), 0);
}
