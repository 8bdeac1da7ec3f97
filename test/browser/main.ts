/** `npm run test:browser`: the router's page in a headless Chromium, with hostile names of models and paths. */
import { ok, equal, notEqual, match } from 'node:assert/strict';
import { events, FakeEngine, type EngineBehaviour } from '../support/fake-engine.js';
import { SidecarProcess } from '../support/sidecar-process.js';
import { ChromiumPage, findChromium } from './chromium.js';

const MARKUP = '<img src=x onerror="document.title=1"><script>alert(1)</script>';
const USAGE = {
  prompt_tokens: 10,
  completion_tokens: 2,
  prompt_tokens_details: { cached_tokens: 5 },
};

const answers = events([
  JSON.stringify({ choices: [{ delta: { content: 'a' } }] }),
  JSON.stringify({ choices: [{ delta: { content: 'b' } }] }),
  JSON.stringify({ choices: [], usage: USAGE }),
  '[DONE]',
]);
const behaviour: EngineBehaviour = (response, request) => {
  if (request.url === '/health') response.writeHead(200).end();
  else if (request.url === '/v1/models') {
    const list = { object: 'list', data: [{ id: MARKUP, object: 'model' }] };
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(list));
  } else return answers(response, request);
};

async function asks(url: string): Promise<void> {
  const answer = await fetch(`${url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-request-id': MARKUP.replaceAll(' ', '/') },
    body: JSON.stringify({ model: MARKUP, stream: true, messages: [{ content: 'Hello' }] }),
  });
  await answer.text();
}

const CHECKS: readonly [string, (page: ChromiumPage, router: SidecarProcess) => Promise<void>][] = [
  [
    'shows workers, figures and decisions, live',
    async (page, router) => {
      await page.until('document.querySelectorAll("#workers tr").length === 1');
      await page.until('document.getElementById("connection").textContent === "live"');
      await page.until('document.querySelector("#workers .chip.good")');
      await asks(router.url);
      await page.until('document.querySelectorAll("#decisions tr").length === 1');
      await asks(router.url);
      await page.until('document.querySelectorAll("#decisions tr").length === 2');
      await page.until('document.getElementById("ttft").textContent.includes("ms")');
      match(await page.ask<string>('document.getElementById("hits-more").textContent'), /50 %/);
    },
  ],
  [
    'takes what clients and workers say for text',
    async (page) => {
      const cell = 'document.querySelector("#decisions tr td:nth-child(3)").textContent';
      equal(await page.ask(cell), MARKUP);
      equal(
        await page.ask('document.querySelector("#workers td:nth-child(3)").textContent'),
        MARKUP,
      );
      equal(await page.ask('document.querySelectorAll("main img, main script").length'), 0);
      equal(await page.ask('document.title'), 'Tandem router');
    },
  ],
  [
    'shows the candidates and attempts of a decision, and holds still when told to',
    async (page, router) => {
      await page.ask('document.querySelector("#decisions button").click()');
      await page.until('document.querySelectorAll("#decisions .details table").length === 2');
      equal(await page.ask('document.querySelectorAll("#decisions .chosen").length'), 1);
      await page.ask('document.getElementById("hold").click()');
      await asks(router.url);
      await page.until('document.getElementById("rate-more").textContent.startsWith("3 ")');
      equal(await page.ask('document.querySelectorAll("#decisions > tr:not(.details)").length'), 2);
    },
  ],
  [
    'is light or dark as the reader likes it',
    async (page) => {
      const ground = 'getComputedStyle(document.body).backgroundColor';
      await page.prefer('light');
      const light = await page.ask(ground);
      await page.prefer('dark');
      notEqual(await page.ask(ground), light);
    },
  ],
  [
    'fits a narrow window',
    async (page) => {
      await page.resize(360, 640);
      ok(await page.ask('document.documentElement.scrollWidth <= window.innerWidth'));
    },
  ],
];

async function main(): Promise<void> {
  const path = findChromium(process.env);
  if (path === undefined) {
    throw new Error(
      'no Chromium is on PATH: install one (Debian: apt-get install chromium) or name it in CHROME',
    );
  }
  const engine = await FakeEngine.start(behaviour);
  const router = await SidecarProcess.start(({ data, metrics }) => [
    ...['router', '--worker-urls', `http://${engine.hostPort}`, '--policy', 'cache_aware'],
    ...['--port', String(data), '--prometheus-port', String(metrics)],
  ]);
  const page = await ChromiumPage.open(path);
  let failed = 0;
  const check = async (name: string, run: () => Promise<void>): Promise<void> => {
    const failure = await run().then(() => undefined, String);
    if (failure !== undefined) failed++;
    process.stdout.write(
      `${failure === undefined ? 'ok    ' : 'FAILED'} ${name}\n${failure === undefined ? '' : `${failure}\n`}`,
    );
  };
  try {
    await page.go(`${router.opsUrl}/`);
    for (const [name, run] of CHECKS) await check(name, () => run(page, router));
    await check('breaks no rule of its own policy', () => {
      equal(page.complaints.join('\n'), '');
      return Promise.resolve();
    });
    await check('says so when the router is gone', async () => {
      await router.stop();
      await page.until('document.getElementById("connection").className === "lost"');
    });
  } finally {
    await page.close();
    await router.stop();
    await engine.stop();
  }
  process.stdout.write(`${CHECKS.length + 2 - failed} passed, ${failed} failed\n`);
  if (failed > 0) process.exitCode = 1;
}

main().catch((error: unknown) => {
  process.stderr.write(`browser: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
