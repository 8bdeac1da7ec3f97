/** Process of the load on pickers: Envoy's messages, encoded before they are needed. The bench's main process drives it over IPC. */
import { withDeadline } from '../../load/failures.js';
import { serveMethods } from '../../wire/worker-protocol.js';
import {
  clearStreams,
  type DecisionJob,
  holdStreams,
  runDecisions,
  untilDecides,
} from './decisions.js';
import { type LatencyJob, runLatencies } from './latencies.js';

const DEADLINE_MS = 120_000;

serveMethods({
  decisions: (job: DecisionJob) => withDeadline(runDecisions(job), DEADLINE_MS, 'decisions'),
  untilDecides: (job: { port: number }) => untilDecides(job),
  holdStreams: (job: { port: number; count: number }) =>
    withDeadline(holdStreams(job), DEADLINE_MS, 'decisions'),
  clearStreams: () => clearStreams(),
  latencies: (job: LatencyJob) => withDeadline(runLatencies(job), DEADLINE_MS, 'answers'),
});
