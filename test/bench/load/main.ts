/** Process of the bench's load generator; the bench's main process drives it over IPC. */
import { serveMethods } from '../wire/worker-protocol.js';
import { type AbortJob, runAborts } from './aborts.js';
import { type ClosedLoopJob, runClosedLoop } from './closed-loop.js';
import { withDeadline } from './failures.js';
import { expectedDigest, type FirstTokenJob, runFirstToken } from './first-token.js';
import type { PromptShape } from './prompt.js';
import { Streams } from './streams.js';
import type { Target } from './target.js';
import { runVerbatim } from './verbatim.js';

const DEADLINE_MS = 60_000;
const streams = new Streams();

serveMethods({
  closedLoop: (job: ClosedLoopJob) => withDeadline(runClosedLoop(job), DEADLINE_MS, 'requests'),
  firstToken: (job: FirstTokenJob) => withDeadline(runFirstToken(job), DEADLINE_MS, 'prompts'),
  expectedDigest: (job: { shape: PromptShape; bytes: number }) => expectedDigest(job),
  verbatim: (job: { target: Target; tokens: number }) =>
    withDeadline(runVerbatim(job), DEADLINE_MS, 'bodies'),
  aborts: (job: AbortJob) => withDeadline(runAborts(job), DEADLINE_MS, 'aborts'),
  openStreams: (job: { target: Target; count: number; tokens: number }) =>
    withDeadline(streams.open(job.target, job.count, job.tokens), DEADLINE_MS, 'first tokens'),
  markStreams: () => streams.mark(),
  readStreams: () => streams.read(),
  drainStreams: () => withDeadline(streams.drain(), DEADLINE_MS, 'ends of streams'),
  clearStreams: () => streams.clear(),
});
