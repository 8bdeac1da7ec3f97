import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import type { ClientUnderTest, Library, Target } from '../check.js';

const DRIVER = fileURLToPath(new URL('driver.py', import.meta.url));

type Driver = ChildProcessByStdio<Writable, Readable, null>;

interface Reply {
  /** In the first line only. */
  readonly version?: string;
  /** Null when the check passed. */
  readonly failure?: string | null;
}

/** A Python client in a process of its own, told check by check what to do. */
export class PythonClient implements ClientUnderTest {
  readonly language = 'Python';
  readonly library: Library;
  version = '';
  private readonly child: Driver;
  private readonly replies: AsyncIterator<string>;

  private constructor(library: Library, child: Driver) {
    this.library = library;
    this.child = child;
    const lines = createInterface({ input: child.stdout });
    this.replies = lines[Symbol.asyncIterator]();
    // A driver that died is told by the end of its replies.
    child.stdin.on('error', () => undefined);
  }

  /** @param python the interpreter of the environment that has the library */
  static async start(python: string, library: Library): Promise<PythonClient> {
    const child = spawn(python, [DRIVER, library], { stdio: ['pipe', 'pipe', 'inherit'] });
    const client = new PythonClient(library, child);
    client.version = (await client.reply()).version!;
    return client;
  }

  async run(check: string, target: Target): Promise<void> {
    this.child.stdin.write(`${JSON.stringify({ check, target })}\n`);
    const { failure } = await this.reply();
    if (failure) throw new Error(failure);
  }

  async close(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const ended = once(this.child, 'exit');
    this.child.stdin.end();
    const late = setTimeout(() => this.child.kill('SIGKILL'), 2000);
    await ended;
    clearTimeout(late);
  }

  private async reply(): Promise<Reply> {
    const { value, done } = await this.replies.next();
    if (done === true) throw new Error(`the Python driver of ${this.library} ended`);
    return JSON.parse(value) as Reply;
  }
}
