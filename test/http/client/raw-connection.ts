import { connect, type Socket } from 'node:net';

/** A client's connection: sends bytes as they are, keeps all that comes back. */
export class RawConnection {
  /** How the other side ended it. */
  ending: 'fin' | 'reset' | undefined;
  private readonly chunks: Buffer[] = [];
  private text = '';
  private wake: (() => void) | undefined;

  readonly socket: Socket;

  private constructor(socket: Socket) {
    this.socket = socket;
    const note = (ending: 'fin' | 'reset') => () => {
      this.ending ??= ending;
      this.wake?.();
    };
    socket.on('data', (chunk: Buffer) => {
      this.chunks.push(chunk);
      this.wake?.();
    });
    socket.on('end', note('fin'));
    socket.on('error', note('reset'));
    socket.on('close', note('reset'));
  }

  static async open(port: number): Promise<RawConnection> {
    const socket = connect({ host: '127.0.0.1', port, noDelay: true, allowHalfOpen: true });
    await new Promise((resolve, reject) => {
      socket.once('connect', resolve);
      socket.once('error', reject);
    });
    return new RawConnection(socket);
  }

  /** All that was received, in latin1. */
  get received(): string {
    for (const chunk of this.chunks.splice(0)) this.text += chunk.toString('latin1');
    return this.text;
  }

  /** @param bytes text is latin1 */
  write(bytes: string | Buffer): void {
    if (this.socket.writable) this.socket.write(bytes, 'latin1');
  }

  /** Waits until something came or ended. @returns false after `ms` without either */
  async news(ms: number): Promise<boolean> {
    if (this.ending !== undefined) return false;
    return await new Promise((resolve) => {
      const timer = setTimeout(() => finish(false), ms);
      const finish = (came: boolean): void => {
        clearTimeout(timer);
        this.wake = undefined;
        resolve(came);
      };
      this.wake = () => finish(true);
    });
  }

  /** Waits until `condition` holds. @returns whether it does, before the other side ended or `ms` went by */
  async until(condition: () => boolean, ms: number): Promise<boolean> {
    const deadline = performance.now() + ms;
    while (!condition()) {
      const left = deadline - performance.now();
      if (left <= 0 || this.ending !== undefined) return condition();
      await this.news(left);
    }
    return true;
  }

  destroy(): void {
    this.socket.destroy();
  }
}
