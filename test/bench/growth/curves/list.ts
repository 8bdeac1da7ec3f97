import type { Curve } from '../curve.js';
import { ALLOWLIST } from './allowlist.js';
import { PREFILLERS } from './prefillers.js';
import { PROMPTS } from './prompts.js';
import { STREAMS } from './streams.js';

/** Every curve, in the order in which they are taken. */
export const CURVES: readonly Curve[] = [STREAMS, PROMPTS, PREFILLERS, ALLOWLIST];
