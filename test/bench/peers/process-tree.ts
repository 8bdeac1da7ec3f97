import { readdirSync, readFileSync } from 'node:fs';

/** What a process and all its descendants have used. */
export interface Usage {
  /** CPU time in microseconds, user and system. */
  cpuUs: number;
  /** Resident memory in bytes. */
  rssBytes: number;
}

/** Microseconds of one clock tick of /proc: Linux reports in 1/100 s on all common platforms. */
const TICK_US = 10_000;
const PAGE_BYTES = 4096;

/** Reads the usage of the tree under `root` from Linux's /proc; undefined where there is none. */
export function readUsage(root: number): Usage | undefined {
  const parents = readParents();
  if (!parents) return undefined;
  const tree = new Set([root]);
  for (let size = 0; size !== tree.size;) {
    size = tree.size;
    for (const [pid, parent] of parents) if (tree.has(parent)) tree.add(pid);
  }
  const usage: Usage = { cpuUs: 0, rssBytes: 0 };
  for (const pid of tree) {
    usage.cpuUs += readCpuUs(pid);
    usage.rssBytes += (Number(readText(`/proc/${pid}/statm`).split(' ')[1]) || 0) * PAGE_BYTES;
  }
  return usage;
}

function readParents(): Map<number, number> | undefined {
  try {
    const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
    return new Map(pids.map((pid) => [Number(pid), Number(statFields(pid)[1])]));
  } catch {
    return undefined;
  }
}

/**
 * The scheduler's nanosecond account of every thread, where the kernel keeps one that agrees with
 * utime + stime (threads that have ended are only in the latter); else the clock ticks.
 */
function readCpuUs(pid: number): number {
  const fields = statFields(String(pid));
  const ticksUs = (Number(fields[11]) + Number(fields[12])) * TICK_US || 0;
  let exactUs = 0;
  try {
    for (const task of readdirSync(`/proc/${pid}/task`))
      exactUs += Number(readText(`/proc/${pid}/task/${task}/schedstat`).split(' ')[0]) / 1000 || 0;
  } catch {
    return ticksUs;
  }
  return exactUs > 0 && exactUs >= ticksUs - 50_000 ? exactUs : ticksUs;
}

/** The fields of /proc/PID/stat behind the command's name: state, parent, … utime is 11, stime 12. */
function statFields(pid: string): string[] {
  const text = readText(`/proc/${pid}/stat`);
  return text.slice(text.lastIndexOf(')') + 2).split(' ');
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
