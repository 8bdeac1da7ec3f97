import type { Admission, FlowRequest } from './admission.js';
import type { Endpoints } from '../scheduling/plugin.js';
import { FlowControl } from './flow-control.js';
import type { FlowControlSection } from './flow-control-config.js';
import type { FlowObserver } from './flow-observer.js';
import { flowPlan, type PluginByName } from './flow-plan.js';
import { PoolSaturation } from './pool-saturation.js';
import { Reclaimer } from './reclaimer.js';
import type { SaturationDetector } from './saturation-detector.js';
import { SheddingAdmission } from './shedding-admission.js';

/** What the configuration says of admission. */
export interface AdmissionSetup {
  /** The feature gate `flowControl` is on. */
  readonly queues: boolean;
  readonly section: FlowControlSection | undefined;
  readonly plugin: PluginByName;
  readonly detector: SaturationDetector;
}

/** What the program has for it. */
export interface AdmissionTools {
  /** All that may get requests; the same array as long as they are the same. */
  endpoints(): Endpoints;
  /** `performance.now()` */
  now(): number;
  readonly observer?: FlowObserver | undefined;
  /** Ends a request that is under way, with `EVICTED`; it is told to have ended like any other. */
  evict?(request: FlowRequest): void;
}

/**
 * @returns flow control where the gate is open, else one that sheds
 * @throws ConfigError for references that are none
 */
export function createAdmission(setup: AdmissionSetup, tools: AdmissionTools): Admission {
  const { detector, section } = setup;
  const { observer } = tools;
  const now = (): number => tools.now();
  const pool = new PoolSaturation(() => tools.endpoints(), detector, now);
  if (!setup.queues) return new SheddingAdmission(pool);
  const plan = flowPlan(section, setup.plugin);
  const cuts = section?.enableEviction === true && tools.evict !== undefined;
  const evict = (request: FlowRequest): void => tools.evict?.(request);
  const reclaimer = cuts ? new Reclaimer({ now, evict, lag: detector.lag, observer }) : undefined;
  return new FlowControl(plan, pool, { now, later, observer, reclaimer });
}

/** Whoever waits has a connection, which keeps the process alive: this need not. */
function later(callback: () => void, milliseconds: number): () => void {
  const timer = setTimeout(callback, milliseconds).unref();
  return () => clearTimeout(timer);
}
