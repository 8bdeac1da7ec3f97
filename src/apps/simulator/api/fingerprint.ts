import type { End } from '../engine/generation.js';
import type { Sampling } from './sampling.js';

/** The version that the simulator looks like. */
export const VLLM_VERSION = '0.32.0';

export const SYSTEM_FINGERPRINT = `vllm-${VLLM_VERSION}-51a0acde`;

/** A stream's last event carries the fingerprint: the usage event where there is one. */
export function fingerprintAtEnd(end: End | undefined, sampling: Sampling): string {
  if (end === undefined || sampling.includeUsage) return '';
  return `,"system_fingerprint":"${SYSTEM_FINGERPRINT}"`;
}
