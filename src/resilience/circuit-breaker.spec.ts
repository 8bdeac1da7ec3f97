import { beforeEach, describe, expect, it } from '@jest/globals';
import { CircuitBreaker, type AttemptOutcome, type EndAttempt } from './circuit-breaker.js';

const policy = { threshold: 3, cooldown: 1000 };

describe(CircuitBreaker.name, () => {
  let now: number;
  let changes: string[];
  let breaker: CircuitBreaker;

  beforeEach(() => {
    now = 0;
    changes = [];
    breaker = new CircuitBreaker(
      policy,
      () => now,
      (state) => changes.push(state),
    );
  });

  const attempt = (outcome: AttemptOutcome): void => breaker.begin()!(outcome);
  const open = (): void => {
    for (let i = 0; i < policy.threshold; i++) attempt('failure');
  };

  it('lets a probe through at once when the other side is known to be back', () => {
    const breaker = new CircuitBreaker({ threshold: 1, cooldown: 60_000 }, () => 5);
    breaker.readmit();
    expect(breaker.state).toBe('closed');
    breaker.begin()!('failure');
    expect(breaker.admits).toBe(false);
    breaker.readmit();
    expect(breaker.state).toBe('half_open');
    breaker.begin()!('failure');
    expect(breaker.admits).toBe(false);
    breaker.readmit();
    breaker.begin()!('success');
    expect(breaker.state).toBe('closed');
  });

  it('opens after so many failures in a row', () => {
    attempt('failure');
    attempt('failure');
    attempt('success');
    attempt('failure');
    attempt('failure');
    expect(breaker.state).toBe('closed');
    attempt('failure');
    expect(breaker.state).toBe('open');
    expect(breaker.begin()).toBeUndefined();
    expect(changes).toEqual(['open']);
  });

  it('closes after as many good probes as it is told, one at a time', () => {
    breaker = new CircuitBreaker({ ...policy, successes: 2 }, () => now);
    open();
    now = 1000;
    const probe = breaker.begin()!;
    expect(breaker.begin()).toBeUndefined();
    probe('success');
    expect(breaker.state).toBe('half_open');
    attempt('success');
    expect(breaker.state).toBe('closed');
  });

  it('forgets good probes when a later one fails', () => {
    breaker = new CircuitBreaker({ ...policy, successes: 2 }, () => now);
    open();
    now = 1000;
    attempt('success');
    attempt('failure');
    expect(breaker.state).toBe('open');
    now = 2000;
    attempt('success');
    expect(breaker.state).toBe('half_open');
  });

  it('counts failures together that come within a window', () => {
    breaker = new CircuitBreaker({ ...policy, window: 500 }, () => now);
    for (const at of [0, 400, 800, 1200]) {
      now = at;
      attempt('failure');
    }
    expect(breaker.state).toBe('closed');
    now = 1201;
    attempt('failure');
    expect(breaker.state).toBe('open');
  });

  it('neither counts nor forgives for an abandoned attempt', () => {
    attempt('failure');
    attempt('failure');
    attempt('abandoned');
    attempt('failure');
    expect(breaker.state).toBe('open');
  });

  it('lets one probe through after the cool-down, and says how long that takes', () => {
    open();
    now = 400;
    expect(breaker.retryAfter).toBe(600);
    now = 1000;
    expect(breaker.state).toBe('half_open');
    expect(breaker.retryAfter).toBe(0);
    expect(breaker.admits).toBe(true);
    expect(breaker.begin()).toBeDefined();
    expect(breaker.admits).toBe(false);
    expect(breaker.begin()).toBeUndefined();
  });

  it('closes when the probe succeeds', () => {
    open();
    now = 1000;
    attempt('success');
    expect(breaker.state).toBe('closed');
    attempt('failure');
    expect(breaker.state).toBe('closed');
    expect(changes).toEqual(['open', 'half_open', 'closed']);
  });

  it('opens for another cool-down when the probe fails', () => {
    open();
    now = 1500;
    attempt('failure');
    expect(breaker.state).toBe('open');
    expect(breaker.retryAfter).toBe(1000);
  });

  it('gives the place of a probe that was abandoned to the next attempt', () => {
    open();
    now = 1000;
    attempt('abandoned');
    expect(breaker.state).toBe('half_open');
    attempt('success');
    expect(breaker.state).toBe('closed');
  });

  it('waits for a probe that hangs as long as patience goes', () => {
    breaker = new CircuitBreaker({ threshold: 1, cooldown: 10, patience: 500 }, () => now);
    breaker.begin()!('failure');
    now += 10;
    breaker.begin();
    now += 499;
    expect([breaker.begin(), breaker.retryAfter]).toEqual([undefined, 1]);
    now += 1;
    expect(breaker.begin()).toBeDefined();
  });

  it('does not wait for a probe that hangs', () => {
    open();
    now = 1000;
    const hanging = breaker.begin()!;
    now = 1600;
    expect(breaker.retryAfter).toBe(400);
    now = 2000;
    expect(breaker.admits).toBe(true);
    const probe = breaker.begin()!;
    hanging('failure');
    expect(breaker.state).toBe('half_open');
    probe('success');
    expect(breaker.state).toBe('closed');
  });

  it('does not listen to attempts that started before it opened', () => {
    const late = [breaker.begin()!, breaker.begin()!];
    open();
    late[0]!('success');
    expect(breaker.state).toBe('open');
    now = 1000;
    const probe = breaker.begin()!;
    late[1]!('failure');
    expect(breaker.state).toBe('half_open');
    expect(breaker.admits).toBe(false);
    probe('success');
    expect(breaker.state).toBe('closed');
  });

  it('hears the end of an attempt once', () => {
    const end = breaker.begin()!;
    for (let i = 0; i < 5; i++) end('failure');
    expect(breaker.state).toBe('closed');
  });

  it('agrees with a model of it over 200,000 random steps', () => {
    const model = new Model();
    const running: [EndAttempt, Told][] = [];
    let random = 42;
    const next = (below: number): number => {
      random = (Math.imul(random, 1103515245) + 12345) >>> 0;
      return (random >>> 8) % below;
    };
    for (let step = 0; step < 200_000; step++) {
      const action = next(10);
      if (action < 5) {
        const end = breaker.begin();
        const told = model.begin(now);
        if (!end !== !told) throw new Error(`one of them admits at step ${step}`);
        if (end && told) running.push([end, told]);
      } else if (action < 9 && running.length > 0) {
        const [[end, told]] = running.splice(next(running.length), 1) as [[EndAttempt, Told]];
        const outcome = (['success', 'failure', 'failure', 'abandoned'] as const)[next(4)]!;
        end(outcome);
        model.end(told, outcome, now);
      } else now += next(400);
      if (breaker.state !== model.state(now)) throw new Error(`they differ at step ${step}`);
    }
  });
});

interface Told {
  readonly epoch: number;
  readonly at: number;
  ended: boolean;
}

/** The same rules in other words. */
class Model {
  private epoch = 0;
  private openedAt = -1;
  private row = 0;
  private probe: Told | undefined;

  state(now: number): string {
    if (this.openedAt < 0) return 'closed';
    return now >= this.openedAt + policy.cooldown ? 'half_open' : 'open';
  }

  begin(now: number): Told | undefined {
    const told = { epoch: this.epoch, at: now, ended: false };
    switch (this.state(now)) {
      case 'closed':
        return told;
      case 'half_open':
        if (this.probe && !this.probe.ended && now < this.probe.at + policy.cooldown) {
          return undefined;
        }
        return (this.probe = told);
      default:
        return undefined;
    }
  }

  end(told: Told, outcome: AttemptOutcome, now: number): void {
    told.ended = true;
    const outdated = this.openedAt >= 0 && told !== this.probe;
    if (told.epoch !== this.epoch || outdated || outcome === 'abandoned') return;
    this.row = outcome === 'success' ? 0 : this.row + 1;
    const open = this.openedAt >= 0;
    if (outcome === 'success' && open) this.turn(-1);
    if (outcome === 'failure' && (open || this.row >= policy.threshold)) this.turn(now);
  }

  private turn(openedAt: number): void {
    this.openedAt = openedAt;
    this.epoch++;
    this.probe = undefined;
  }
}
