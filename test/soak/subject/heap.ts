/**
 * Collects a Node process's garbage and reads its heap through the inspector, so that the product
 * needs no hook for it.
 *
 * @param url of the inspector's WebSocket
 * @returns used bytes of the JavaScript heap
 */
export async function heapAfterGc(url: string): Promise<number> {
  const inspector = new WebSocket(url);
  await new Promise((resolve, reject) => {
    inspector.addEventListener('open', resolve, { once: true });
    inspector.addEventListener(
      'error',
      (event) => {
        const { message } = event as { message?: string };
        reject(new Error(`the inspector does not answer: ${message ?? ''}`));
      },
      { once: true },
    );
  });
  try {
    // What finalizers release in one collection goes in the next.
    for (let i = 0; i < 3; i++) await call(inspector, i + 1, 'HeapProfiler.collectGarbage');
    const usage = await call(inspector, 9, 'Runtime.getHeapUsage');
    return (usage as { usedSize: number }).usedSize;
  } finally {
    const closed = new Promise((resolve) =>
      inspector.addEventListener('close', resolve, { once: true }),
    );
    inspector.close();
    await closed;
  }
}

function call(inspector: WebSocket, id: number, method: string): Promise<unknown> {
  return new Promise((resolve) => {
    const listen = (event: { data: unknown }): void => {
      const message = JSON.parse(String(event.data)) as { id?: number; result?: unknown };
      if (message.id !== id) return;
      inspector.removeEventListener('message', listen as never);
      resolve(message.result);
    };
    inspector.addEventListener('message', listen as never);
    inspector.send(JSON.stringify({ id, method }));
  });
}
