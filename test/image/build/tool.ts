import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';

const SHOWN_LINES = 15;

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
  const output = Promise.all([text(child.stdout), text(child.stderr)]);
  const [code] = (await once(child, 'close')) as [number | null];
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
