import type { MetricSet } from './metric-set.js';
import type { PICKER_METRICS } from './picker-metric-table.js';
import type { HistogramSeries } from './series-histogram.js';

/** What a plugin remembers of caches, when the metrics are read. */
export interface ObservedPrefixIndex {
  readonly name: string;
  readonly type: string;
  readonly blocks: number;
}

/** Where a plugin tells what it found. */
export interface PrefixMatches {
  /** A part of 1, observed once a prompt. */
  readonly ratio: HistogramSeries;
  readonly bytes: HistogramSeries;
}

/** Counts what prompts have in common with what caches hold. */
export class PrefixIndexMetrics {
  /** Asked when the metrics are read. */
  observed: () => Iterable<ObservedPrefixIndex> = () => [];
  private readonly ratios;
  private readonly bytes;

  constructor(metrics: MetricSet<typeof PICKER_METRICS>) {
    this.ratios = metrics.seriesHistogram('llm_d_epp_prefix_indexer_hit_ratio');
    this.bytes = metrics.seriesHistogram('llm_d_epp_prefix_indexer_hit_bytes');
    metrics.pulled('llm_d_epp_prefix_indexer_size', () =>
      [...this.observed()].map(({ name, type, blocks }) => ({
        labels: { plugin_name: name, plugin_type: type },
        value: blocks,
      })),
    );
  }

  /** Called once a plugin. */
  matches(name: string, type: string): PrefixMatches {
    const labels = { plugin_name: name, plugin_type: type };
    return { ratio: this.ratios.series(labels), bytes: this.bytes.series(labels) };
  }
}
