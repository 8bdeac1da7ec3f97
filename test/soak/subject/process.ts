import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** Bytes of memory that a process holds; 0 where /proc does not tell. */
export function residentBytes(pid: number): number {
  const kilobytes = /^VmRSS:\s*(\d+) kB/m.exec(readText(`/proc/${pid}/status`))?.[1];
  return Number(kilobytes ?? 0) * 1024;
}

/** Open descriptors of a process, what each of them is; empty where /proc does not tell. */
export function descriptors(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/fd`).map((fd) => kindOf(`/proc/${pid}/fd/${fd}`));
  } catch {
    return [];
  }
}

function kindOf(link: string): string {
  try {
    return readlinkSync(link).replace(/:\[\d+\]$/, '');
  } catch {
    return 'closed';
  }
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
