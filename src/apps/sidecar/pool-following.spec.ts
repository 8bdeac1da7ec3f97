import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { setImmediate as turn } from 'node:timers/promises';
import { pod, PoolStub } from '../../../test/support/pool-stub.js';
import { RandomPods, randomOf } from '../../../test/support/random-pods.js';
import type { PoolMirror } from '../../kubernetes/pool-mirror.js';
import { Mailbox, type Envelope } from '../../workers/mailbox.js';
import { followPool } from './pool-following.js';
import { tellPool, wholePool } from './pool-news.js';
import type { ToPrimary, ToWorker } from './worker-mail.js';

const STEPS = 2_000;

/** A channel as that between processes: JSON, in order, later; one that may be made to lose what is told. */
class Channel {
  readonly primary: Mailbox<ToWorker, ToPrimary>;
  readonly worker: Mailbox<ToPrimary, ToWorker>;
  /** Whether the next thing that is told gets lost. */
  loses: () => boolean = () => false;
  private readonly queue: (() => void)[] = [];

  constructor() {
    let toWorker!: (envelope: Envelope) => void;
    let toPrimary!: (envelope: Envelope) => void;
    this.primary = new Mailbox({
      post: (envelope) => {
        if (envelope.kind === 'tell' && this.loses()) return;
        this.send(envelope, (copy) => toWorker(copy));
      },
      receive: (listener) => (toPrimary = listener),
    });
    this.worker = new Mailbox({
      post: (envelope) => this.send(envelope, (copy) => toPrimary(copy)),
      receive: (listener) => (toWorker = listener),
    });
  }

  /** Delivers so many of the messages that are on their way; those that follow from them come later. */
  deliver(count = this.queue.length): void {
    for (const message of this.queue.splice(0, count)) message();
  }

  /** Delivers all, and all that follows. */
  async settle(): Promise<void> {
    do {
      this.deliver();
      await turn();
    } while (this.queue.length > 0);
  }

  private send(envelope: Envelope, to: (envelope: Envelope) => void): void {
    const text = JSON.stringify(envelope);
    this.queue.push(() => to(JSON.parse(text) as Envelope));
  }
}

describe(followPool.name, () => {
  let pool: PoolStub;
  let channel: Channel;
  let mirror: PoolMirror;
  /** How often the whole was asked for. */
  let asked: number;
  let stop: () => void;
  beforeEach(() => {
    pool = new PoolStub();
    channel = new Channel();
    asked = 0;
    channel.primary.onAsked('pool', (_, answer) => {
      asked++;
      answer(wholePool(pool) ?? null);
    });
    stop = tellPool(pool, channel.primary);
  });
  afterEach(() => stop());
  const [a, b, c] = ['a', 'b', 'c'].map((name, i) => pod(name, `10.0.0.${i}`)) as [
    ReturnType<typeof pod>,
    ReturnType<typeof pod>,
    ReturnType<typeof pod>,
  ];
  const names = (): string[] | undefined => mirror.snapshot?.pods.map(({ name }) => name);

  it('follows from before the pool was read, by differences alone', async () => {
    mirror = followPool(channel.worker, undefined);
    await channel.settle();
    expect([names(), mirror.ageMs]).toEqual([undefined, undefined]);
    pool.set([a]);
    pool.set([a, b]);
    await channel.settle();
    expect([names(), asked]).toEqual([['a', 'b'], 0]);
  });

  it('goes on from what it was given at the start', async () => {
    pool.set([a]);
    await channel.settle();
    const first = wholePool(pool);
    pool.set([a, b]);
    mirror = followPool(channel.worker, first);
    expect(names()).toEqual(['a']);
    await channel.settle();
    expect([names(), asked]).toEqual([['a', 'b'], 0]);
  });

  it('asks for the whole when a change is missing, and is not proved current meanwhile', async () => {
    mirror = followPool(channel.worker, wholePool(pool));
    pool.set([a]);
    await channel.settle();
    channel.loses = () => true;
    pool.set([a, b]);
    channel.loses = () => false;
    pool.set([b, c]);
    const { ageMs } = mirror;
    channel.primary.tell('poolAge', { number: 3, ageMs: -60_000 });
    channel.deliver();
    expect([names(), mirror.ageMs! >= ageMs!]).toEqual([['a'], true]);
    await channel.settle();
    expect([names(), asked]).toEqual([['b', 'c'], 1]);
  });

  it('learns of a last change that is missing by the next proof', async () => {
    mirror = followPool(channel.worker, wholePool(pool));
    channel.loses = () => true;
    pool.set([a]);
    channel.loses = () => false;
    channel.primary.tell('poolAge', { number: 1, ageMs: 0 });
    await channel.settle();
    expect([names(), asked]).toEqual([['a'], 1]);
  });

  it('asks once more when a change came together with the answer', async () => {
    mirror = followPool(channel.worker, wholePool(pool));
    channel.loses = () => true;
    pool.set([a]);
    channel.loses = () => false;
    pool.set([b]);
    channel.deliver();
    channel.deliver();
    pool.set([c]);
    // The answer and the change in one turn.
    channel.deliver();
    expect(names()).toBeUndefined();
    await channel.settle();
    expect([names(), asked]).toEqual([['c'], 2]);
  });

  it('ends quietly with the primary', async () => {
    mirror = followPool(channel.worker, wholePool(pool));
    channel.primary.tell('poolAge', { number: 1, ageMs: 0 });
    channel.deliver();
    channel.worker.close();
    await turn();
    expect(mirror.isRead).toBe(false);
  });

  it.each([1, 2])(
    'is what the primary knows, whatever changes and gets lost (%i)',
    async (seed) => {
      const random = randomOf(seed);
      const pods = new RandomPods(random);
      mirror = followPool(channel.worker, undefined);
      channel.loses = () => random() < 0.05;
      for (let step = 0; step < STEPS; step++) {
        pods.step();
        pool.set(pods.list, pods.targetPorts);
        if (random() < 0.5) channel.deliver(Math.ceil(random() * 3));
        if (random() < 0.2) await turn();
        if (random() > 0.1) continue;
        await channel.settle();
        const { number } = pool.snapshot!;
        const lose = channel.loses;
        channel.loses = () => false;
        channel.primary.tell('poolAge', { number, ageMs: 0 });
        channel.loses = lose;
        await channel.settle();
        expect(mirror.snapshot).toEqual(pool.snapshot);
      }
    },
  );
});
