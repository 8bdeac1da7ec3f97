import type { EnginePorts, PeerProcess } from '../peers/peer-process.js';
import type { Cell, Measurement } from '../workloads/workload.js';

/** One figure that is drawn over the size. */
export interface Figure {
  readonly key: string;
  readonly label: string;
  readonly unit: string;
  /**
   * What its growth is judged by. `each`: the value is a cost a unit of work, so the total is value times size; `whole`:
   * the value is the total itself. Undefined: it is shown and not judged.
   */
  readonly judged?: 'each' | 'whole';
  /** The figure counts as what the peer adds over `direct` in the same round. */
  readonly added?: boolean;
  /** Smaller sizes have no value that means anything. */
  readonly from?: number;
}

/** What has to be there before a peer starts. */
export interface Setting {
  /** Further arguments of Tandem's sidecar. */
  readonly flags: readonly string[];
  /** What stands for placeholders in arguments of other peers. */
  readonly places: Readonly<Record<string, string>>;
  close(): Promise<void>;
}

/** One fresh process at one size. */
export interface GrowthCell extends Cell {
  readonly running: PeerProcess;
  readonly engines: EnginePorts;
  /** The first time that this peer has this size: whatever is checked once is checked now. */
  readonly isFirst: boolean;
  readonly setting: Setting;
}

/** Cost as one kind of work grows. */
export interface Curve {
  readonly name: string;
  readonly title: string;
  /** What the size counts. */
  readonly axis: 'streams' | 'bytes' | 'prefillers' | 'pods';
  readonly sizes: readonly number[];
  readonly quickSizes: readonly number[];
  readonly figures: readonly Figure[];
  /** Whether peers that were given no arguments for this curve take part. */
  readonly needsArguments: boolean;
  prepare(size: number): Promise<Setting>;
  measure(cell: GrowthCell, size: number): Promise<Measurement>;
}

/** A setting with nothing but arguments. */
export function plainSetting(flags: readonly string[] = []): Promise<Setting> {
  return Promise.resolve({ flags, places: {}, close: () => Promise.resolve() });
}
