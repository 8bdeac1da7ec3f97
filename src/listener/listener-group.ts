import type { AddressInfo } from 'node:net';
import type { Listener } from './listener.js';

/** What a group does as one listener does it. */
type Shared = Omit<Listener, 'server' | 'draining'>;

/** Listeners that begin and end together. */
export class ListenerGroup implements Shared {
  /** @param listeners at least one */
  constructor(private readonly listeners: readonly Listener[]) {}

  /**
   * One after another; when one cannot, those before it do, until they are closed.
   *
   * @returns where the first one does
   * @throws ListenError
   */
  async listen(): Promise<AddressInfo> {
    const addresses: AddressInfo[] = [];
    for (const listener of this.listeners) addresses.push(await listener.listen());
    return addresses[0]!;
  }

  /**
   * All stop accepting at once, and each waits for what it has open.
   *
   * @param cutting called once, before what is left of all is destroyed
   */
  async drain(deadlineMs: number, cutting?: () => void): Promise<void> {
    let isCut = false;
    const cut = (): void => {
      if (!isCut) cutting?.();
      isCut = true;
    };
    await Promise.all(this.listeners.map((listener) => listener.drain(deadlineMs, cut)));
  }

  endConnections(): void {
    for (const listener of this.listeners) listener.endConnections();
  }

  closeIdle(): void {
    for (const listener of this.listeners) listener.closeIdle();
  }

  keepConnections(): void {
    for (const listener of this.listeners) listener.keepConnections();
  }

  closeNow(): void {
    for (const listener of this.listeners) listener.closeNow();
  }
}
