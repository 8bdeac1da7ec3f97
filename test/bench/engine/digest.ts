import { createHash } from 'node:crypto';

/** What two JSON values have in common when they differ in member order and spelling only. */
function canonical(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(canonical);
  if (typeof value !== 'object' || value === null) return value;
  const members = value as Record<string, unknown>;
  return Object.keys(members)
    .sort()
    .map((key) => [key, canonical(members[key])]);
}

/** The digest of bytes. */
export function bytesDigest(...parts: readonly Buffer[]): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest('hex');
}

/** The digest of a request's prompt or messages, equal for equal content however it is spelled. */
export function promptDigest(body: Record<string, unknown>): string {
  const content = canonical(body['prompt'] ?? body['messages']);
  return createHash('sha256').update(JSON.stringify(content)).digest('hex');
}
