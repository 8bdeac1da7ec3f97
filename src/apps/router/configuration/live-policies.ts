import type { Prober, ProbePolicy } from '../../../fleet/prober.js';
import type { BreakerPolicy } from '../../../resilience/circuit-breaker.js';
import type { RouterOptions } from '../router.options.js';

/** A probe may be a stream of minutes: a short cool-down is no measure of how long it hangs. */
const MIN_PATIENCE_MS = 60_000;

/** The breakers' numbers, as they are at the moment: all breakers share this object. */
export function liveBreaker(options: RouterOptions): BreakerPolicy {
  const off = (): boolean => options.config.disableCircuitBreaker;
  return {
    get threshold() {
      return off() ? Infinity : options.config.cbFailureThreshold;
    },
    // One that is open when breakers are switched off is tried at once, and closed by the first good answer.
    get cooldown() {
      return off() ? 0 : options.config.cbTimeoutDurationSecs;
    },
    get successes() {
      return off() ? 1 : options.config.cbSuccessThreshold;
    },
    get patience() {
      return off() ? 0 : Math.max(options.config.cbTimeoutDurationSecs, MIN_PATIENCE_MS);
    },
    get window() {
      return options.config.cbWindowDurationSecs;
    },
  };
}

/** How workers are probed, as it is at the moment. */
export function liveProbes(options: RouterOptions): ProbePolicy {
  return {
    get interval() {
      return options.config.healthCheckIntervalSecs;
    },
    get timeout() {
      return options.config.healthCheckTimeoutSecs;
    },
    get failures() {
      return options.config.healthFailureThreshold;
    },
    get successes() {
      return options.config.healthSuccessThreshold;
    },
    get path() {
      return options.config.healthCheckEndpoint;
    },
    get startup() {
      return options.config.workerStartupTimeoutSecs;
    },
    get startupInterval() {
      return options.config.workerStartupCheckInterval;
    },
  };
}

/** Other numbers count from now on, not from the next probe, which may be far away. */
export function probeAnew(prober: Prober, options: RouterOptions): void {
  options.onChange(
    ['healthCheckIntervalSecs', 'healthCheckEndpoint', 'workerStartupCheckInterval'],
    () => prober.probeNow(),
  );
}
