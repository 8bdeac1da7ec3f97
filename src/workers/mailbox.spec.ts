import { describe, expect, it } from '@jest/globals';
import { ChannelClosedError, Mailbox, type Envelope, type Port } from './mailbox.js';

interface Up {
  readonly told: { readonly number: number; readonly other: string };
  readonly asked: { readonly double: { readonly question: number; readonly answer: number } };
}
interface Down {
  readonly told: { readonly word: string };
  readonly asked: object;
}

/** Two ends that deliver at once, by way of JSON. */
function pair(): [Mailbox<Up, Down>, Mailbox<Down, Up>] {
  const listeners: ((envelope: Envelope) => void)[] = [];
  const port = (own: number): Port => ({
    post: (envelope) => listeners[1 - own]!(JSON.parse(JSON.stringify(envelope)) as Envelope),
    receive: (listener) => (listeners[own] = listener),
  });
  return [new Mailbox<Up, Down>(port(0)), new Mailbox<Down, Up>(port(1))];
}

describe(Mailbox.name, () => {
  it('tells by name, both ways', () => {
    const [worker, primary] = pair();
    const got: unknown[] = [];
    primary.onTold('number', (number) => got.push(number));
    worker.onTold('word', (word) => got.push(word));
    worker.tell('number', 1);
    primary.tell('word', 'a');
    expect(got).toEqual([1, 'a']);
  });

  it('answers questions, at once or later', async () => {
    const [worker, primary] = pair();
    primary.onAsked('double', (number, answer) => {
      if (number === 1) answer(2);
      else setImmediate(() => answer(number * 2));
    });
    const answers = [3, 1, 2].map((number) => worker.ask('double', number));
    expect(await Promise.all(answers)).toEqual([6, 2, 4]);
  });

  it('keeps what comes before somebody wants it, in order', async () => {
    const [worker, primary] = pair();
    worker.tell('number', 1);
    worker.tell('other', 'x');
    worker.tell('number', 2);
    const doubled = worker.ask('double', 4);
    const got: number[] = [];
    primary.onTold('number', (number) => got.push(number));
    expect(got).toEqual([1, 2]);
    primary.onAsked('double', (number, answer) => answer(number * 2));
    expect(await doubled).toBe(8);
  });

  it('answers by itself that it is there, until the other end closes', async () => {
    const [, primary] = pair();
    await primary.ping();
    primary.close();
    await expect(primary.ping()).rejects.toThrow(ChannelClosedError);
  });

  it('fails what was asked when the other end closes, and what is asked later', async () => {
    const [worker] = pair();
    const asked = worker.ask('double', 1);
    worker.close();
    await expect(asked).rejects.toThrow(ChannelClosedError);
    await expect(worker.ask('double', 1)).rejects.toThrow(ChannelClosedError);
    expect(() => worker.tell('number', 1)).not.toThrow();
  });
});
