/** Why a request may not begin. */
export type Refusal = 'full' | 'late';

/** Somebody who waits for a place. */
interface Waiting {
  readonly admit: () => void;
  readonly turnAway: (refusal: Refusal) => void;
}

/** A place is taken from {@link ConcurrencyLimit.enter} on until it is left; leaving twice does nothing. */
export type Leave = () => void;

export interface LimitPolicy {
  /** Requests at a time. */
  readonly most: number;
  /** Requests that may wait for a place, first come, first served. */
  readonly queue: number;
  /** Milliseconds that one may wait. */
  readonly patience: number;
}

/** A hard limit of what runs at a time, with a bounded queue before it. */
export class ConcurrencyLimit {
  private running = 0;
  private readonly waiting = new Set<Waiting>();

  constructor(private policy: LimitPolicy) {}

  /** How many have a place. */
  get admitted(): number {
    return this.running;
  }

  /** How many wait. */
  get queued(): number {
    return this.waiting.size;
  }

  /** Other limits from now on. Who waits keeps the time that it was given; who runs goes on. */
  change(policy: LimitPolicy): void {
    this.policy = policy;
    while (this.running < policy.most && this.waiting.size > 0) this.admitNext();
  }

  /**
   * @param whenEnded tells when who waits has left; takes the listener back (`Exchange.whenEnded`)
   * @returns how to leave, at once where a place is free; a refusal; or a promise of either, undefined for who has left
   */
  enter(
    whenEnded: (listener: () => void) => () => void,
  ): Leave | Refusal | Promise<Leave | Refusal | undefined> {
    if (this.running < this.policy.most) return this.take();
    if (this.waiting.size >= this.policy.queue) return 'full';
    return new Promise((resolve) => {
      const settle = (outcome: Leave | Refusal | undefined): void => {
        clearTimeout(timer);
        stopListening();
        this.waiting.delete(one);
        resolve(outcome);
      };
      const one: Waiting = { admit: () => settle(this.take()), turnAway: settle };
      const timer = setTimeout(() => one.turnAway('late'), this.policy.patience);
      this.waiting.add(one);
      const stopListening = whenEnded(() => settle(undefined));
    });
  }

  private take(): Leave {
    this.running++;
    let left = false;
    return () => {
      if (left) return;
      left = true;
      this.running--;
      if (this.running < this.policy.most) this.admitNext();
    };
  }

  private admitNext(): void {
    const [next] = this.waiting;
    next?.admit();
  }
}
