/** Time as engines and clients of a trace have it: milliseconds. */
export interface Clock {
  now(): number;
  after(ms: number, call: () => void): void;
}

/** Time that passes `speed` times as fast as it does. */
export class FastClock implements Clock {
  private readonly began = performance.now();

  constructor(private readonly speed: number) {}

  now(): number {
    return (performance.now() - this.began) * this.speed;
  }

  after(ms: number, call: () => void): void {
    setTimeout(call, ms / this.speed);
  }
}

interface Event {
  readonly at: number;
  readonly order: number;
  readonly call: () => void;
}

/** Time that passes when nothing is left to do at this moment. */
export class VirtualClock implements Clock {
  private time = 0;
  private order = 0;
  /** A binary heap: the next one first. */
  private readonly events: Event[] = [];

  now(): number {
    return this.time;
  }

  after(ms: number, call: () => void): void {
    const { events } = this;
    const event = { at: this.time + Math.max(0, ms), order: this.order++, call };
    let at = events.push(event) - 1;
    for (let up = (at - 1) >> 1; at > 0 && isBefore(event, events[up]!); up = (at - 1) >> 1) {
      events[at] = events[up]!;
      events[(at = up)] = event;
    }
  }

  /** Until nothing is left to do. */
  run(): void {
    for (let event = this.take(); event; event = this.take()) {
      this.time = event.at;
      event.call();
    }
  }

  private take(): Event | undefined {
    const { events } = this;
    const first = events[0];
    const last = events.pop();
    if (!first || !last || first === last) return first;
    let at = 0;
    for (;;) {
      let next = 2 * at + 1;
      if (next >= events.length) break;
      if (next + 1 < events.length && isBefore(events[next + 1]!, events[next]!)) next++;
      if (!isBefore(events[next]!, last)) break;
      events[at] = events[next]!;
      at = next;
    }
    events[at] = last;
    return first;
  }
}

function isBefore(one: Event, other: Event): boolean {
  return one.at < other.at || (one.at === other.at && one.order < other.order);
}
