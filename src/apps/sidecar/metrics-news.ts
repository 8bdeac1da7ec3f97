import { countOf, dumpMetrics, type MetricsDump } from '../../metrics/metrics-dump.js';
import type { SidecarMetrics } from '../../metrics/sidecar.metrics.js';

/** Whether requests were counted is looked at so often, which costs a microsecond. */
const LOOK_EVERY_MS = 100;
/** What was counted is told at most so often: that costs a millisecond. */
const TELL_EVERY_MS = 300;

/** Tells what a worker counts soon after it did, so that a crash loses no more than that. @returns ends it */
export function tellMetrics(
  { registry }: SidecarMetrics,
  tell: (dump: MetricsDump) => void,
): () => void {
  let told = 0;
  let toldAt = 0;
  const look = async (): Promise<void> => {
    const counted = await countOf(registry, 'sidecar_requests_total');
    const now = performance.now();
    if (counted === told || now - toldAt < TELL_EVERY_MS) return;
    told = counted;
    toldAt = now;
    tell(await dumpMetrics(registry));
  };
  const timer = setInterval(() => void look(), LOOK_EVERY_MS).unref();
  return () => clearInterval(timer);
}
