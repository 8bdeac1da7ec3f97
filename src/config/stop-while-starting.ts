const SIGNALS = ['SIGTERM', 'SIGINT'] as const;

const leave = (): void => process.exit(0);

/**
 * Lets a program be stopped before it can stop in good order. Process 1 of a container ignores a signal that
 * nobody listens to, and would go on starting until it is killed.
 */
export function stopWhileStarting(): void {
  for (const signal of SIGNALS) process.on(signal, leave);
}

/** From now on the program answers signals itself. */
export function started(): void {
  for (const signal of SIGNALS) process.off(signal, leave);
}
