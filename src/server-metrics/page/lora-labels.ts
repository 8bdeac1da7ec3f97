import { labelOf, type SampleLabels } from './sample-labels.js';

/** What vLLM tells of its adapters, as it spells it: names joined by commas. */
export interface LoraLabels {
  readonly running: string;
  readonly waiting: string;
  /** 0 where it is not told. */
  readonly max: number;
}

/** @returns undefined where the labels are of something else */
export function loraLabels(labels: SampleLabels): LoraLabels | undefined {
  const running = labelOf(labels, 'running_lora_adapters');
  const waiting = labelOf(labels, 'waiting_lora_adapters');
  const max = Number(labelOf(labels, 'max_lora'));
  if (running === undefined && waiting === undefined) return undefined;
  return { running: running ?? '', waiting: waiting ?? '', max: max > 0 ? Math.trunc(max) : 0 };
}

/** @returns the adapters that are named; blanks around them and empty names do not count */
export function adapters(names: string): ReadonlySet<string> {
  return new Set(names.split(',').flatMap((name) => name.trim() || []));
}
