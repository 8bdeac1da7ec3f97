import type { Target } from '../check.js';

/** What a client does for each check, by the check's name; rejects when it went wrong. */
export type CheckFunctions = Readonly<Record<string, (target: Target) => Promise<void>>>;
