import type { FlowControlSection } from '../flow-control/flow-control-config.js';
import type { SaturationDetector } from '../flow-control/saturation-detector.js';
import type { ParserTable } from './parser-table.js';
import type {
  Filter,
  HeaderWriter,
  LifecycleListener,
  Picker,
  Producer,
  ProfileHandler,
  Scorer,
} from './plugin.js';

/** A plugin of the configuration. */
export interface NamedPlugin<T = object> {
  readonly name: string;
  readonly type: string;
  readonly plugin: T;
}

export interface WeightedScorer extends NamedPlugin<Scorer> {
  readonly weight: number;
}

/** How the endpoints of a profile are chosen. */
export interface ProfileSetup {
  readonly name: string;
  /** In the order in which they are asked. */
  readonly filters: readonly NamedPlugin<Filter>[];
  readonly scorers: readonly WeightedScorer[];
  readonly picker: NamedPlugin<Picker>;
}

/** What the scheduler is made of. */
export interface SchedulerSetup {
  readonly profiles: readonly ProfileSetup[];
  readonly handler: NamedPlugin<ProfileHandler>;
  readonly headerWriters: readonly NamedPlugin<HeaderWriter>[];
  /** Each behind those whose findings it needs. */
  readonly producers: readonly NamedPlugin<Producer>[];
}

/** Where values of model servers come from. */
export interface DataSourceSetup {
  readonly source: NamedPlugin;
  readonly extractors: readonly NamedPlugin[];
}

/** What becomes of requests before they are scheduled. */
export interface FlowControlSetup {
  /** The feature gate `flowControl`: without it only requests of a priority below 0 are looked at. */
  readonly isEnabled: boolean;
  /** Its references are names of {@link PickerSetup.plugins}; empty where nothing is said. */
  readonly section: FlowControlSection;
}

/** A configuration that was read and understood: everything of it is made, nothing runs. */
export interface PickerSetup extends SchedulerSetup {
  readonly parsers: ParserTable;
  /** Every plugin, also those that nothing else here names. */
  readonly plugins: ReadonlyMap<string, NamedPlugin>;
  /** Those of them that want to know how requests go on. */
  readonly listeners: readonly NamedPlugin<LifecycleListener>[];
  readonly flowControl: FlowControlSetup;
  /** Says when the pool is full; undefined where the program has none. */
  readonly saturationDetector: NamedPlugin<SaturationDetector> | undefined;
  readonly dataSources: readonly DataSourceSetup[];
  /** Finds the endpoints; undefined where the command line says how. */
  readonly discovery: NamedPlugin | undefined;
  readonly featureGates: ReadonlyMap<string, boolean>;
  /** What does not mean what its writer may think, a line each. */
  readonly warnings: readonly string[];
}
