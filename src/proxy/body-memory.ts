import { giveBackBody } from './body-pool.js';

/** The memory of one request's body: given back as soon as its owner and all that hold it let go. */
export class BodyMemory {
  /** The owner is one. */
  private holders = 1;
  private released = false;

  /** @param freed called when nobody holds it any more */
  constructor(
    private readonly body: Buffer,
    private readonly freed: () => void = () => undefined,
  ) {}

  /** Keeps the memory while the body is read, or the kernel takes bytes of it. @returns lets go; to be called once */
  hold(): () => void {
    if (this.holders === 0) throw new Error('the memory of this body was given back');
    this.holders++;
    return () => this.letGo();
  }

  /** The owner lets go; a second call does nothing. */
  release(): void {
    if (this.released) return;
    this.released = true;
    this.letGo();
  }

  private letGo(): void {
    if (--this.holders > 0) return;
    giveBackBody(this.body);
    this.freed();
  }
}
