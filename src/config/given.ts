import { ConfigError, quote, type MistakeAt } from './config-error.js';
import type { Kind } from './kinds.js';

/** Where a value came from, weakest first. */
export const SOURCES = ['file', 'environment', 'flag'] as const;
export type Source = (typeof SOURCES)[number];

/** A value that somebody gave. */
export interface Given {
  /** The setting's own name. */
  readonly key: string;
  readonly value: unknown;
  readonly source: Source;
  /** As it was spelled: `-vllm-port`, `SIDECAR_PORT`, `port in sidecar.yaml`. */
  readonly spelled: string;
  /** Order among the flags; 0 elsewhere. */
  readonly position: number;
  /** Of a file, from 1. */
  readonly line?: number | undefined;
}

/**
 * The program's value of what was given.
 *
 * @param raw text of a flag or variable, or whatever a file holds
 * @throws ConfigError that names `spelled` and says what was expected
 */
export function readValue(
  kind: Kind<unknown>,
  raw: unknown,
  spelled: string,
  at?: MistakeAt,
): unknown {
  const input = typeof raw === 'string' ? kind.fromText(raw) : raw;
  const result = kind.schema.safeParse(input);
  if (result.success) return result.data;
  const better = kind.explain?.(input);
  throw new ConfigError(
    `${spelled}: ${better ?? `expected ${kind.expects}, got ${quote(raw)}`}`,
    at,
  );
}
