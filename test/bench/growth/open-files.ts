import { readFileSync } from 'node:fs';
import type { GrowthOptions } from './options.js';

/** A sidecar holds a connection to its client and one to each engine; some files besides. */
const FILES_A_STREAM = 3;
const BESIDES = 200;

/**
 * Says what to do when this process, and with it all that it starts, may not open enough files for the streams that are
 * asked for; undefined when it may, or where that cannot be read.
 */
export function openFilesShort({ curves, quick }: GrowthOptions): string | undefined {
  const streams = curves.find(({ name }) => name === 'streams');
  if (!streams) return undefined;
  const most = Math.max(...(quick ? streams.quickSizes : streams.sizes));
  const needed = most * FILES_A_STREAM + BESIDES;
  const limit = openFilesLimit();
  return limit >= needed
    ? undefined
    : `${most} streams need ${needed} open files and ${limit} are allowed: ulimit -n ${needed}, or leave out streams with --only`;
}

function openFilesLimit(): number {
  try {
    const row = /^Max open files +(\d+|unlimited)/m.exec(readFileSync('/proc/self/limits', 'utf8'));
    return row === null || row[1] === 'unlimited' ? Infinity : Number(row[1]);
  } catch {
    return Infinity;
  }
}
