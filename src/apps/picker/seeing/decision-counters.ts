import type { DisaggregationDecision, PickerMetrics } from '../../../metrics/picker.metrics.js';
import type { ObservedPrefixIndex, PrefixMatches } from '../../../metrics/prefix-index.metrics.js';
import type { InferenceRequest } from '../../../scheduling/inference-request.js';
import type { PickerSetup } from '../../../scheduling/picker-setup.js';
import type { LifecycleListener } from '../../../scheduling/plugin.js';
import {
  APPROXIMATE_PREFIX_PRODUCER,
  PRECISE_PREFIX_PRODUCER,
  prefixMatch,
} from '../../../scheduling/prefix-match.js';
import { BYTES_A_TOKEN } from '../../../scheduling/token-count.js';
import type { SchedulingResult } from '../../../scheduling/scheduling-result.js';

const DISAGGREGATING: ReadonlySet<string> = new Set([
  'disagg-profile-handler',
  'pd-profile-handler',
]);
const PREFIX_PRODUCERS: ReadonlySet<string> = new Set([
  APPROXIMATE_PREFIX_PRODUCER,
  PRECISE_PREFIX_PRODUCER,
]);
const PREFILLER = 'x-prefiller-host-port';
const ENCODERS = 'x-encoder-hosts-ports';

/** @returns what counts decisions by what their plugins did; none where no plugin does anything that is counted */
export function decisionCounters(setup: PickerSetup, metrics: PickerMetrics): LifecycleListener[] {
  const counters: LifecycleListener[] = [];
  metrics.prefixes.observed = () => prefixIndexes(setup);
  for (const { name, type } of setup.plugins.values()) {
    if (!PREFIX_PRODUCERS.has(type)) continue;
    counters.push(new PrefixCounter(name, metrics.prefixes.matches(name, type)));
  }
  if (DISAGGREGATING.has(setup.handler.type)) counters.push(new DisaggregationCounter(metrics));
  return counters;
}

/** What a producer that remembers prefixes may tell. */
interface Remembering {
  /** Blocks, each once. */
  readonly rememberedBlocks?: number;
}

function* prefixIndexes({ plugins }: PickerSetup): Iterable<ObservedPrefixIndex> {
  for (const { name, type, plugin } of plugins.values()) {
    const { rememberedBlocks: blocks } = plugin as Remembering;
    if (blocks !== undefined) yield { name, type, blocks };
  }
}

/** How much of the prompt the endpoint that was picked is thought to hold. */
class PrefixCounter implements LifecycleListener {
  constructor(
    private readonly name: string,
    private readonly matches: PrefixMatches,
  ) {}

  decided(request: InferenceRequest, { endpoints: [picked] }: SchedulingResult): void {
    const match = prefixMatch(request, this.name);
    if (!match) return;
    const held = match.matchedBlocks(picked);
    this.matches.ratio.observe(held / match.totalBlocks);
    this.matches.bytes.observe(held * match.blockSize * BYTES_A_TOKEN);
  }
}

/** Which roles share a request. */
class DisaggregationCounter implements LifecycleListener {
  constructor(private readonly metrics: PickerMetrics) {}

  decided({ model }: InferenceRequest, { headers }: SchedulingResult): void {
    let prefills = false;
    let encodes = false;
    for (const [name] of headers) {
      if (name === PREFILLER) prefills = true;
      else if (name === ENCODERS) encodes = true;
    }
    this.metrics.disaggregated(model, decisionOf(prefills, encodes));
  }
}

function decisionOf(prefills: boolean, encodes: boolean): DisaggregationDecision {
  if (encodes) return prefills ? 'encode-prefill-decode' : 'encode-decode';
  return prefills ? 'prefill-decode' : 'decode-only';
}
