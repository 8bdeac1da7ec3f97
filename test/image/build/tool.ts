import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';

const SHOWN_LINES = 15;

const running = new Set<ChildProcess>();
let interrupted = false;

/** Ends what runs, so that the rest can be cleared away. */
export function interrupt(): void {
  interrupted = true;
  for (const child of running) child.kill('SIGTERM');
}

/** @returns whether {@link interrupt} was called */
export function isInterrupted(): boolean {
  return interrupted;
}

/** How a program ended. */
export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program to its end. @throws Error when there is no such program */
export async function runTool(
  [command, ...args]: readonly [string, ...string[]],
  env: Readonly<Record<string, string>> = {},
): Promise<Ended> {
  const child = spawn(command, args, {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  running.add(child);
  const output = Promise.all([text(child.stdout), text(child.stderr)]);
  const [code] = (await once(child, 'close').finally(() => running.delete(child))) as [
    number | null,
  ];
  const [stdout, stderr] = await output;
  return { code, stdout, stderr };
}

/** As {@link runTool}. @returns what it printed @throws Error with its last lines when it fails */
export async function mustRun(
  command: readonly [string, ...string[]],
  env?: Readonly<Record<string, string>>,
): Promise<string> {
  const { code, stdout, stderr } = await runTool(command, env);
  if (code === 0) return stdout;
  const last = `${stdout}${stderr}`.trim().split('\n').slice(-SHOWN_LINES).join('\n');
  throw new Error(`${command.slice(0, 3).join(' ')} … ended with ${code}:\n${last}`);
}

/** @returns whether this can be run, and succeeds */
export async function succeeds(command: readonly [string, ...string[]]): Promise<boolean> {
  try {
    return (await runTool(command)).code === 0;
  } catch {
    return false;
  }
}
