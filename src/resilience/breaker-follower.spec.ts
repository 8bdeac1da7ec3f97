import { beforeEach, describe, expect, it } from '@jest/globals';
import { BreakerFollower } from './breaker-follower.js';
import { BreakerLeader } from './breaker-leader.js';
import type { BreakerState } from './circuit-breaker.js';

const POLICY = { threshold: 3, cooldown: 1000 };
const KEY = 'a:1';

describe(BreakerFollower.name, () => {
  let clock: number;
  let states: BreakerState[];
  let leader: BreakerLeader;
  let followers: BreakerFollower[];
  /** Everything that was sent, as `follower what`. */
  let sent: string[];
  /** What the leader told and has not arrived. */
  let onItsWay: (() => void)[];
  let delayed: boolean;

  beforeEach(() => {
    clock = 1;
    states = [];
    sent = [];
    onItsWay = [];
    delayed = false;
    const now = (): number => clock;
    leader = new BreakerLeader(
      POLICY,
      (_, state) => states.push(state),
      (key, breaker) => {
        const arrive = (): void => {
          for (const follower of followers) follower.update(key, breaker);
        };
        if (delayed) onItsWay.push(arrive);
        else arrive();
      },
      now,
    );
    followers = [0, 1].map(
      (id) =>
        new BreakerFollower(
          POLICY,
          {
            report: (key, era, outcome) => {
              sent.push(`${id} ${outcome}`);
              leader.report(key, era, outcome);
            },
            claim: (key) => {
              sent.push(`${id} claim`);
              return Promise.resolve(leader.grant(key, id));
            },
            endProbe: (key, era, outcome) => {
              sent.push(`${id} probe ${outcome}`);
              leader.endProbe(key, era, outcome);
            },
          },
          now,
        ),
    );
  });

  const [A, B] = [0, 1];
  const attempt = (who: number, outcome: 'success' | 'failure' | 'abandoned'): void =>
    followers[who]!.begin(KEY)!(outcome);
  const admits = (): boolean[] => followers.map((follower) => follower.admits(KEY));
  const open = (): void => {
    for (const who of [A, B, A]) attempt(who, 'failure');
  };

  it('sends nothing while all goes well', () => {
    for (const who of [A, B, A, B]) attempt(who, 'success');
    attempt(A, 'abandoned');
    expect(sent).toEqual([]);
  });

  it('opens for all after the threshold of failures in all', () => {
    open();
    expect(states).toEqual(['open']);
    expect(admits()).toEqual([false, false]);
    expect(followers.map((follower) => follower.begin(KEY))).toEqual([undefined, undefined]);
    expect(followers.map((follower) => follower.retryAfter(KEY))).toEqual([1000, 1000]);
    expect(leader.count()).toEqual({ closed: 0, open: 1, half_open: 0 });
  });

  it('forgets failures of one after a success of the other, and is silent again', () => {
    attempt(A, 'failure');
    attempt(A, 'failure');
    attempt(B, 'success');
    sent = [];
    attempt(A, 'success');
    expect(sent).toEqual([]);
    attempt(A, 'failure');
    attempt(A, 'failure');
    expect(admits()).toEqual([true, true]);
  });

  it('tells of its own success after its own failure though the leader’s news is on its way', () => {
    delayed = true;
    attempt(A, 'failure');
    attempt(A, 'success');
    expect(sent).toEqual(['0 failure', '0 success']);
    expect(leader.snapshots.map(([, { failures }]) => failures)).toEqual([]);
  });

  it('lets one make the probe after the cool-down', async () => {
    open();
    clock += 1000;
    expect(admits()).toEqual([true, true]);
    await followers[A]!.claim(KEY);
    expect(admits()).toEqual([true, false]);
    const end = followers[A]!.begin(KEY)!;
    expect(followers[A]!.begin(KEY)).toBeUndefined();
    expect(followers[B]!.claim(KEY)).toBeUndefined();
    end('success');
    expect(states).toEqual(['open', 'half_open', 'closed']);
    expect(admits()).toEqual([true, true]);
    end('failure');
    expect(admits()).toEqual([true, true]);
  });

  it('asks for the probe when an attempt comes without it, for the next one', async () => {
    open();
    clock += 1000;
    expect(followers[A]!.begin(KEY)).toBeUndefined();
    await Promise.resolve();
    expect(followers[B]!.begin(KEY)).toBeUndefined();
    followers[A]!.begin(KEY)!('success');
    expect(admits()).toEqual([true, true]);
    expect(sent.filter((one) => one.includes('claim'))).toEqual(['0 claim']);
  });

  it('gives the probe to one of two that ask at the same time', async () => {
    open();
    clock += 1000;
    delayed = true;
    const claims = [followers[A]!.claim(KEY)!, followers[B]!.claim(KEY)!];
    for (const arrive of onItsWay) arrive();
    await Promise.all(claims);
    expect(admits()).toEqual([true, false]);
    expect(followers[B]!.begin(KEY)).toBeUndefined();
  });

  it('gives the probe back when no attempt came of it', async () => {
    open();
    clock += 1000;
    const giveBack = await followers[A]!.claim(KEY)!;
    giveBack();
    giveBack();
    expect(sent.filter((one) => one.includes('abandoned'))).toHaveLength(1);
    await followers[B]!.claim(KEY);
    expect(admits()).toEqual([false, true]);
    const end = followers[B]!.begin(KEY)!;
    (await Promise.resolve(giveBack))();
    end('failure');
    expect(admits()).toEqual([false, false]);
  });

  it('lets another probe when a probe takes as long as the cool-down, or its process ends', async () => {
    open();
    clock += 1000;
    await followers[A]!.claim(KEY);
    const late = followers[A]!.begin(KEY)!;
    clock += 1000;
    await followers[B]!.claim(KEY);
    late('success');
    expect(states.at(-1)).toBe('half_open');
    leader.followerEnded(B);
    await followers[A]!.claim(KEY);
    followers[A]!.begin(KEY)!('success');
    expect(states.at(-1)).toBe('closed');
  });

  it('has no say with attempts that began before the last change', () => {
    const ends = [A, A, A, B].map((who) => followers[who]!.begin(KEY)!);
    for (const end of ends.slice(0, 3)) end('failure');
    expect(states).toEqual(['open']);
    ends[3]!('success');
    expect(states).toEqual(['open']);
    expect(admits()).toEqual([false, false]);
  });

  it('knows what went before when it starts late', () => {
    open();
    const late = new BreakerFollower(
      POLICY,
      {
        report: () => undefined,
        claim: () => Promise.resolve(undefined),
        endProbe: () => undefined,
      },
      () => clock,
    );
    for (const [key, breaker] of leader.snapshots) late.update(key, breaker);
    expect(late.admits(KEY)).toBe(false);
  });

  it('starts anew with a key that the leader forgot', () => {
    open();
    leader.forget(KEY);
    expect(admits()).toEqual([true, true]);
    open();
    expect(admits()).toEqual([false, false]);
  });

  it('is off with a threshold of 0', () => {
    const off = new BreakerFollower(
      { threshold: 0, cooldown: 1 },
      {
        report: () => undefined,
        claim: () => Promise.resolve(undefined),
        endProbe: () => undefined,
      },
    );
    for (let i = 0; i < 9; i++) off.begin(KEY)!('failure');
    expect(off.admits(KEY)).toBe(true);
  });
});
