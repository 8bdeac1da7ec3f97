import { aborts } from './aborts.js';
import { largePrompt } from './prompts.js';
import { PASS_THROUGH, SHORT } from './requests.js';
import { START } from './start.js';
import { STREAM_MEMORY } from './stream-memory.js';
import { flatStreams, pacedStreams } from './streams.js';
import type { Workload } from './workload.js';

const SHAPES = ['string', 'messages', 'image'] as const;

/** Every workload, in the order of the table. */
export const WORKLOADS: Workload[] = [
  START,
  STREAM_MEMORY,
  SHORT,
  PASS_THROUGH,
  flatStreams(200, 800_000),
  flatStreams(1000, 800_000),
  pacedStreams(200),
  pacedStreams(1000),
  ...(['128k', '1m', '8m'] as const).flatMap((size) =>
    SHAPES.map((shape) => largePrompt(shape, size)),
  ),
  aborts('stream'),
  aborts('prefill'),
];

/** The workloads whose names are, or start with, one of `names`; all for an empty list. */
export function selectWorkloads(names: string[]): Workload[] {
  if (names.length === 0) return WORKLOADS;
  return WORKLOADS.filter(({ name }) => names.some((wanted) => name.startsWith(wanted)));
}
