const MS_PER_SECOND = 1e3;
const NANOSECONDS_PER_MS = 1e6;

/** @param time OpenTelemetry's pair of seconds and nanoseconds */
export function hrTimeToMs([seconds, nanoseconds]: readonly [number, number]): number {
  return seconds * MS_PER_SECOND + nanoseconds / NANOSECONDS_PER_MS;
}
