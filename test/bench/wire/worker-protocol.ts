/** One call from the bench's main process to a worker process. */
export interface WorkerCall {
  id: number;
  method: string;
  argument: unknown;
}

/** A worker's answer to one {@link WorkerCall}. */
export interface WorkerAnswer {
  id: number;
  value?: unknown;
  error?: string;
}

/** The methods that a worker serves, by name. Each takes one structured-cloneable argument. */
export type WorkerMethods = Record<string, (argument: never) => unknown>;

/** Serves `methods` over the IPC channel of a forked process, until the parent goes away. */
export function serveMethods(methods: WorkerMethods): void {
  process.on('message', (call: WorkerCall) => {
    void answer(methods, call).then((reply) => process.send?.(reply));
  });
  process.on('disconnect', () => process.exit(0));
}

async function answer(methods: WorkerMethods, call: WorkerCall): Promise<WorkerAnswer> {
  const method = methods[call.method];
  if (!method) return { id: call.id, error: `no method ${call.method}` };
  try {
    return { id: call.id, value: await method(call.argument as never) };
  } catch (error) {
    return { id: call.id, error: error instanceof Error ? error.message : String(error) };
  }
}
