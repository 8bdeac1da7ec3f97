const MAX_RETRY_AFTER_MS = 10_000;

/**
 * Retry-After in seconds or as a date (RFC 9110 §10.2.3).
 *
 * @param headers name, value, name, value …
 * @returns milliseconds, 10 s at most; undefined where there is none, or none that can be read
 */
export function retryAfterOf(headers: readonly string[]): number | undefined {
  const at = headers.findIndex((name, i) => i % 2 === 0 && name.toLowerCase() === 'retry-after');
  const value = at < 0 ? undefined : headers[at + 1]!.trim();
  if (value === undefined) return undefined;
  const wait = /^\d{1,9}$/.test(value) ? Number(value) * 1000 : Date.parse(value) - Date.now();
  return Number.isNaN(wait) ? undefined : Math.min(Math.max(wait, 0), MAX_RETRY_AFTER_MS);
}
