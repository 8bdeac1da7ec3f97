import { type ChildProcess, fork } from 'node:child_process';
import type { WorkerAnswer, WorkerCall } from './worker-protocol.js';

interface Waiting {
  resolve: (value: unknown) => void;
  reject: (error: Error) => void;
}

/** A forked process of the bench that serves methods (see `worker-protocol.ts`). */
export class Worker {
  private readonly child: ChildProcess;
  private readonly waiting = new Map<number, Waiting>();
  private nextId = 1;

  /** Starts the TypeScript file at `module`, with the same Node flags as this process. */
  constructor(module: URL) {
    this.child = fork(module, { serialization: 'advanced' });
    this.child.on('message', (message) => this.settle(message as WorkerAnswer));
    this.child.on('exit', (code) => this.failAll(`worker ended with code ${String(code)}`));
  }

  /** Calls a method and waits for its value; rejects with the worker's error message. */
  call<T>(method: string, argument?: unknown): Promise<T> {
    if (!this.child.connected) return Promise.reject(new Error('worker has ended'));
    const call: WorkerCall = { id: this.nextId++, method, argument };
    return new Promise<T>((resolve, reject) => {
      this.waiting.set(call.id, { resolve: resolve as (value: unknown) => void, reject });
      this.child.send(call);
    });
  }

  /** Ends the process. */
  stop(): void {
    this.child.removeAllListeners('exit');
    this.child.kill();
  }

  private settle(answer: WorkerAnswer): void {
    const waiting = this.waiting.get(answer.id);
    this.waiting.delete(answer.id);
    if (answer.error === undefined) waiting?.resolve(answer.value);
    else waiting?.reject(new Error(answer.error));
  }

  private failAll(reason: string): void {
    for (const { reject } of this.waiting.values()) reject(new Error(reason));
    this.waiting.clear();
  }
}
