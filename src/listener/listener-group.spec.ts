import { afterEach, describe, expect, it } from '@jest/globals';
import { freePorts } from '../../test/support/free-port.js';
import { RawClient, rawExchange, requestBytes, until } from '../../test/support/raw-client.js';
import { SilentLogger } from '../logging/silent-logger.js';
import { ListenError } from './bind.js';
import { createListener } from './listener.js';
import { ListenerGroup } from './listener-group.js';

describe(ListenerGroup.name, () => {
  const clients: RawClient[] = [];
  let group: ListenerGroup;
  let answers: (() => void)[] = [];
  afterEach(() => {
    for (const client of clients.splice(0)) client.destroy();
    group.closeNow();
    answers = [];
  });

  /** Requests for `/held` wait in `answers`; all are answered with their listener's number. */
  const of = (ports: readonly number[]): ListenerGroup => {
    const options = { bindAddress: '127.0.0.1', logger: new SilentLogger(), idleGraceMs: 0 };
    return (group = new ListenerGroup(
      ports.map((port, number) =>
        createListener(
          { ...options, port },
          ({ url }, response) => {
            const answer = (): void => void response.end(String(number));
            if (url === '/held') answers.push(answer);
            else answer();
          },
          (_, socket) => socket.destroy(),
        ),
      ),
    ));
  };
  const hold = async (port: number): Promise<RawClient> => {
    const client = await RawClient.connect(port);
    clients.push(client);
    client.write(requestBytes('GET /held'));
    return client;
  };

  it('listens with all, and tells where the first one does', async () => {
    const first = await freePorts(2);
    expect(await of([first, first + 1]).listen()).toMatchObject({ port: first });
    for (const number of [0, 1]) {
      const { body } = await rawExchange(first + number, requestBytes('GET /'));
      expect(body.toString()).toBe(String(number));
    }
  });

  it('fails when one of them cannot, and frees the others when it is closed', async () => {
    const first = await freePorts(2);
    await expect(of([first, first + 1, first]).listen()).rejects.toThrow(ListenError);
    group.closeNow();
    for (const port of [first, first + 1]) await expect(RawClient.connect(port)).rejects.toThrow();
  });

  it('drains all side by side, and is done when the last one is', async () => {
    const first = await freePorts(2);
    await of([first, first + 1]).listen();
    const held = [await hold(first), await hold(first + 1)];
    await until(() => answers.length === 2);
    let isDone = false;
    const done = group.drain(60_000).then(() => (isDone = true));
    for (const port of [first, first + 1]) await expect(RawClient.connect(port)).rejects.toThrow();
    answers[1]!();
    expect((await held[1]!.answer()).status).toBe(200);
    await held[1]!.ended();
    expect(isDone).toBe(false);
    answers[0]!();
    expect((await held[0]!.answer()).status).toBe(200);
    await done;
  });

  it('says once that it cuts what is left of all', async () => {
    const first = await freePorts(2);
    await of([first, first + 1]).listen();
    await hold(first);
    await hold(first + 1);
    await until(() => answers.length === 2);
    let cuts = 0;
    await group.drain(20, () => cuts++);
    expect(cuts).toBe(1);
    for (const client of clients) await client.ended();
  });
});
