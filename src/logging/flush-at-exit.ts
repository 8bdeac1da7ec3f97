/** What holds lines that must be out when the process ends. */
interface Flushed {
  /** Writes everything before it returns. */
  flushSync(): void;
}

const sinks = new Set<WeakRef<Flushed>>();

/** One 'exit' listener for all sinks, which it does not keep alive. */
export function flushAtExit(sink: Flushed): void {
  if (sinks.size === 0) {
    process.on('exit', () => {
      for (const reference of sinks) reference.deref()?.flushSync();
    });
  }
  sinks.add(new WeakRef(sink));
}
