import { boolean, text, type Kind } from './kinds.js';
import type { InertFlag, Written } from './setting.js';

/** A flag that is accepted at any value and has no effect. */
export function ignoredFlag(name: string, kind: Kind<unknown> = text()): InertFlag {
  return { name, kind };
}

/** A flag that is accepted at one value, which means "off", and refused at every other. */
export function plannedFlag<T>(
  name: string,
  kind: Kind<T>,
  only: Written,
  env: readonly string[] = [],
): InertFlag {
  return { name, kind, only, env };
}

/** Logging flags of klog (https://pkg.go.dev/k8s.io/klog/v2) and zap that mean nothing here. */
export const LOGGING_FLAGS: readonly InertFlag[] = [
  ...['vmodule', 'stderrthreshold', 'log_file_max_size', 'log_backtrace_at'].map((name) =>
    ignoredFlag(name),
  ),
  ...[
    'add_dir_header',
    'skip_headers',
    'skip_log_headers',
    'one_output',
    'legacy_stderr_threshold_behavior',
  ].map((name) => ignoredFlag(name, boolean())),
  ignoredFlag('zap-stacktrace-level'),
  ignoredFlag('zap-time-encoding'),
];
