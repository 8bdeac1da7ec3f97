import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { isExecutable } from '../support/is-executable.js';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome'];

/** @returns the path of a browser, `CHROME` first; undefined where there is none */
export function findChromium(env: NodeJS.ProcessEnv): string | undefined {
  const folders = (env['PATH'] ?? '').split(delimiter);
  const paths = folders.flatMap((folder) => NAMES.map((name) => join(folder, name)));
  return [env['CHROME'] ?? '', ...paths].find((path) => path !== '' && isExecutable(path));
}

interface Message {
  readonly id?: number;
  readonly method?: string;
  readonly params?: Record<string, unknown>;
  readonly result?: Record<string, unknown>;
  readonly error?: { readonly message: string };
}

/** One page of a headless Chromium, driven by its DevTools protocol. */
export class ChromiumPage {
  /** What the page complained of: errors of scripts, things that its policy forbade, failed loads, dialogs. */
  readonly complaints: string[] = [];
  private readonly waiting = new Map<number, (message: Message) => void>();
  private last = 0;

  private constructor(
    private readonly browser: ChildProcess,
    private readonly profile: string,
    private readonly socket: WebSocket,
  ) {
    socket.addEventListener('message', ({ data }) =>
      this.take(JSON.parse(String(data)) as Message),
    );
  }

  static async open(path: string): Promise<ChromiumPage> {
    const profile = mkdtempSync(join(tmpdir(), 'tandem-chromium-'));
    const flags = ['--headless=new', '--no-sandbox', '--disable-gpu', '--remote-debugging-port=0'];
    const args = [...flags, '--no-first-run', `--user-data-dir=${profile}`, 'about:blank'];
    const browser = spawn(path, args, { stdio: 'ignore' });
    const port = await portOf(profile);
    const list = await fetch(`http://127.0.0.1:${port}/json/list`);
    const pages = (await list.json()) as { type: string; webSocketDebuggerUrl: string }[];
    const { webSocketDebuggerUrl } = pages.find(({ type }) => type === 'page')!;
    const socket = new WebSocket(webSocketDebuggerUrl);
    await new Promise((resolve) => socket.addEventListener('open', resolve, { once: true }));
    const page = new ChromiumPage(browser, profile, socket);
    for (const domain of ['Page', 'Runtime', 'Log', 'Network']) await page.send(`${domain}.enable`);
    return page;
  }

  async go(url: string): Promise<void> {
    await this.send('Page.navigate', { url });
  }

  /** @param scheme `light` or `dark` */
  async prefer(scheme: string): Promise<void> {
    const features = [{ name: 'prefers-color-scheme', value: scheme }];
    await this.send('Emulation.setEmulatedMedia', { features });
  }

  async resize(width: number, height: number): Promise<void> {
    const metrics = { width, height, deviceScaleFactor: 1, mobile: false };
    await this.send('Emulation.setDeviceMetricsOverride', metrics);
  }

  /** @returns the value of an expression in the page */
  async ask<T>(expression: string): Promise<T> {
    const answer = await this.send('Runtime.evaluate', { expression, returnByValue: true });
    return (answer['result'] as { value: T }).value;
  }

  /** Waits until an expression is true in the page. */
  async until(expression: string, milliseconds = 20_000): Promise<void> {
    const deadline = Date.now() + milliseconds;
    while (!(await this.ask<boolean>(`Boolean(${expression})`))) {
      if (Date.now() > deadline) throw new Error(`not within ${milliseconds} ms: ${expression}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  async close(): Promise<void> {
    this.socket.close();
    const gone = new Promise((resolve) => this.browser.once('exit', resolve));
    this.browser.kill();
    await gone;
    rmSync(this.profile, { recursive: true, force: true, maxRetries: 5 });
  }

  private async send(method: string, params = {}): Promise<Record<string, unknown>> {
    const id = ++this.last;
    const answered = new Promise<Message>((resolve) => this.waiting.set(id, resolve));
    this.socket.send(JSON.stringify({ id, method, params }));
    const { result, error } = await answered;
    if (error) throw new Error(`${method}: ${error.message}`);
    return result ?? {};
  }

  private take({ id, method, params = {}, ...rest }: Message): void {
    if (id !== undefined) {
      this.waiting.get(id)?.(rest);
      this.waiting.delete(id);
      return;
    }
    if (method === 'Runtime.exceptionThrown' || method === 'Page.javascriptDialogOpening') {
      this.complaints.push(`${method} ${JSON.stringify(params)}`);
    }
    const entry = params['entry'] as { level: string; text: string } | undefined;
    if (method === 'Log.entryAdded' && entry?.level === 'error') this.complaints.push(entry.text);
  }
}

async function portOf(profile: string): Promise<number> {
  const deadline = Date.now() + 30_000;
  for (;;) {
    try {
      return Number(readFileSync(join(profile, 'DevToolsActivePort'), 'utf8').split('\n', 1)[0]);
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}
