import type { PayloadTransform } from '../../../openai/payload-transform.js';

/** Changes an answer, and has what comes out looked at. */
export class WatchedChange implements PayloadTransform {
  /** @param watch changes nothing */
  constructor(
    private readonly change: PayloadTransform,
    private readonly watch: PayloadTransform,
  ) {}

  get whole(): boolean {
    return this.change.whole;
  }

  get refused(): boolean {
    return this.change.refused ?? false;
  }

  push(bytes: Buffer): Buffer {
    return this.seen(this.change.push(bytes));
  }

  end(): Buffer {
    const rest = this.seen(this.change.end());
    this.watch.end();
    return rest;
  }

  private seen(bytes: Buffer): Buffer {
    if (bytes.length > 0) this.watch.push(bytes);
    return bytes;
  }
}
