import { aborts } from './aborts.js';
import { largePrompt } from './prompts.js';
import { PASS_THROUGH, routedRequests, SHORT } from './requests.js';
import { START } from './start.js';
import { STREAM_MEMORY } from './stream-memory.js';
import { firstTokens } from './first-tokens.js';
import { flatStreams, pacedStreams } from './streams.js';
import { VERBATIM } from './verbatim.js';
import type { Workload } from './workload.js';

const SHAPES = ['string', 'messages', 'image'] as const;

/** Workloads of the sidecar, in the order of the table. */
export const SIDECAR_WORKLOADS: Workload[] = [
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

/** Workloads of the router, in the order of the table. */
export const ROUTER_WORKLOADS: Workload[] = [
  VERBATIM,
  START,
  STREAM_MEMORY,
  routedRequests(1),
  routedRequests(16),
  routedRequests(64),
  firstTokens(1),
  firstTokens(100),
  firstTokens(1000),
  flatStreams(200, 800_000),
  pacedStreams(200),
  pacedStreams(1000),
  ...(['1k', '128k', '1m', '8m'] as const).flatMap((size) =>
    (['string', 'messages'] as const).map((shape) => largePrompt(shape, size)),
  ),
  aborts('stream'),
];

/** The workloads whose names are one of `names`, or start with it where none is; all for an empty list. */
export function selectWorkloads(all: Workload[], names: readonly string[]): Workload[] {
  if (names.length === 0) return all;
  const chosen = names.flatMap((wanted) => {
    const same = all.filter(({ name }) => name === wanted);
    return same.length > 0 ? same : all.filter(({ name }) => name.startsWith(wanted));
  });
  return all.filter((workload) => chosen.includes(workload));
}
