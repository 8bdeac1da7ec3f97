import type { Behaviour, Counts } from '../engine/behaviour.js';
import { PLAIN } from '../engine/behaviour.js';
import type { EnginePorts, PeerProcess } from '../peers/peer-process.js';
import type { Worker } from '../wire/worker.js';

/** One figure that a workload yields. */
export interface Metric {
  key: string;
  label: string;
  unit: string;
  /** The figure counts as what the peer adds over `direct` in the same round. */
  added?: boolean;
}

/** How large a run is. */
export interface Scale {
  /** Seconds of one closed-loop or paced window. */
  seconds: number;
  /** Multiplies counts of prompts, tokens and aborts; 1 in a full run. */
  share: number;
}

/** What a workload works with in one cell: one peer in one round. */
export interface Cell {
  running: PeerProcess;
  engines: EnginePorts;
  engine: Worker;
  load: Worker;
  scale: Scale;
}

/** Figures by metric key, and what was wrong, if anything. */
export interface Measurement {
  values: Record<string, number>;
  problems: string[];
}

/** One way to load a peer. */
export interface Workload {
  name: string;
  title: string;
  metrics: Metric[];
  run(cell: Cell): Promise<Measurement>;
}

/** Sets the engines up; what is not named is as in {@link PLAIN}. Resets their counters. */
export async function configureEngines(cell: Cell, change: Partial<Behaviour>): Promise<void> {
  await cell.engine.call('configure', { ...PLAIN, ...change });
}

/** The engines' counters. */
export function readCounts(cell: Cell): Promise<Counts> {
  return cell.engine.call<Counts>('counts');
}

/** CPU microseconds that the peer has used so far; NaN where that cannot be read. */
export function cpuUs(cell: Cell): number {
  return cell.running.usage()?.cpuUs ?? Number.NaN;
}
