import { setTimeout as sleep } from 'node:timers/promises';
import { FOREIGN_IP } from './engines.js';
import type { Sidecar } from './sidecar.js';

/** Requests without a pause: to pods that must be allowed all the time, and to an address that must never be. */
export class Load {
  /** Statuses of requests to pods. */
  readonly allowed = new Map<number, number>();
  /** Statuses of requests to the address of no pod. */
  readonly foreign = new Map<number, number>();
  private readonly loops: Promise<void>[];
  private isOver = false;

  constructor(sidecar: Sidecar, hosts: readonly string[]) {
    this.loops = [
      ...hosts.map((host) => this.loop(sidecar, host, this.allowed)),
      this.loop(sidecar, FOREIGN_IP, this.foreign),
    ];
  }

  /**
   * @returns how many requests there were of both kinds
   * @throws Error when one was answered otherwise than it had to be
   */
  async end(): Promise<{ requests: number; refusals: number }> {
    this.isOver = true;
    await Promise.all(this.loops);
    const wrong = [
      ...describe(this.allowed, 200, 'a pod that is there'),
      ...describe(this.foreign, 403, 'the address of no pod'),
    ];
    if (wrong.length > 0) throw new Error(wrong.join('; '));
    return { requests: this.allowed.get(200) ?? 0, refusals: this.foreign.get(403) ?? 0 };
  }

  private async loop(sidecar: Sidecar, host: string, seen: Map<number, number>): Promise<void> {
    while (!this.isOver) {
      const status = await sidecar.ask(host).catch(() => 0);
      seen.set(status, (seen.get(status) ?? 0) + 1);
      // Leaves the two cores something for the servers under test.
      await sleep(1);
    }
  }
}

function describe(seen: ReadonlyMap<number, number>, right: number, what: string): string[] {
  return [...seen]
    .filter(([status]) => status !== right)
    .map(([status, times]) => `${what} was answered with ${status} ${times} times`);
}
