import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { BENCH_FOLDER } from '../peers/build-floor.js';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));

/** Another state of this repository, built. */
export interface Checkout {
  readonly commit: string;
  readonly folder: string;
}

/**
 * Checks a revision out beside the bench's results and builds it; one that is there already is used again.
 *
 * @param revision anything that git knows
 * @throws Error with one line when there is no such revision or it does not build
 */
export function checkOut(revision: string, say: (line: string) => void): Checkout {
  const found = ['rev-parse', '--verify', '--quiet', `${revision}^{commit}`];
  const commit = spawnSync('git', found, { cwd: ROOT, encoding: 'utf8' }).stdout.trim();
  if (commit === '') throw new Error(`no revision ${revision}: give a commit, a tag or a branch`);
  const folder = join(BENCH_FOLDER, 'compare', commit.slice(0, 12));
  mkdirSync(dirname(folder), { recursive: true });
  writeFileSync(`${folder}.pid`, String(process.pid));
  if (!existsSync(join(folder, '.git'))) {
    // A clone, not a worktree: it leaves nothing in this repository.
    run('git', ['clone', '--quiet', '--shared', '--no-checkout', ROOT, folder], ROOT);
    run('git', ['checkout', '--quiet', '--detach', commit], folder);
  }
  say(`building ${commit.slice(0, 12)}`);
  run('sh', ['scripts/with-node', 'sh', 'scripts/build'], folder);
  return { commit, folder };
}

/** Removes every other checkout, 640 MB each, but for those that another comparison uses. */
export function removeOthers(folder: string): void {
  const all = dirname(folder);
  const kept = basename(folder);
  for (const { name } of readdirSync(all, { withFileTypes: true }).filter((e) => e.isDirectory())) {
    if (name === kept || isInUse(join(all, `${name}.pid`))) continue;
    rmSync(join(all, name), { recursive: true, force: true });
    rmSync(join(all, `${name}.pid`), { force: true });
  }
}

function isInUse(pidFile: string): boolean {
  try {
    return process.kill(Number(readFileSync(pidFile, 'utf8')), 0);
  } catch {
    return false;
  }
}

function run(command: string, args: string[], cwd: string): void {
  const { status, stderr } = spawnSync(command, args, { cwd, encoding: 'utf8' });
  if (status === 0) return;
  const reason = stderr.trim().split('\n').at(-1);
  throw new Error(`${command} ${args[0]} failed in ${cwd}: ${reason}`);
}
