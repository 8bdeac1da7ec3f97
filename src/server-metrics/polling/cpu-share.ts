import type { PollSettings } from './poll-settings.js';
import type { Poller } from './poller.js';

const LOOK_MS = 250;
/** Part of a processor that polls may take. */
const MOST = 0.5;

type Limits = Pick<PollSettings, 'interval' | 'longestInterval'>;

/**
 * Makes polls rarer where they would take too much of a processor, and as often as is wanted where they do not. Only in
 * a thread that does nothing else: its whole time counts.
 *
 * @returns ends it
 */
export function limitCpuShare(poller: Pick<Poller, 'interval'>, limits: Limits): () => void {
  let used = cpuMilliseconds();
  let lookedAt = performance.now();
  const timer = setInterval(() => {
    const now = performance.now();
    const usedNow = cpuMilliseconds();
    poller.interval = nextInterval(poller.interval, (usedNow - used) / (now - lookedAt), limits);
    used = usedNow;
    lookedAt = now;
  }, LOOK_MS).unref();
  return () => clearInterval(timer);
}

/**
 * @param share part of a processor that was used with this interval
 * @returns the interval with which it would be half a processor, within what is wanted; it shrinks by small steps
 */
export function nextInterval(interval: number, share: number, limits: Limits): number {
  const wanted = interval * Math.max(share / MOST, 0.8);
  return Math.min(Math.max(wanted, limits.interval), limits.longestInterval);
}

function cpuMilliseconds(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}
