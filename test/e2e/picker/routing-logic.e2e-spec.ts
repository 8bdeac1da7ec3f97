import { afterEach, describe, expect, it } from '@jest/globals';
import type { PlayedRequest } from '../../support/ext-proc-exchange.js';
import { PickerFixture } from '../../support/picker-fixture.js';

const HOSTS = ['127.0.0.1:8101', '127.0.0.1:8102', '127.0.0.1:8103'] as const;

let picker: PickerFixture | undefined;

async function started(...argv: readonly string[]): Promise<PickerFixture> {
  return (picker = await PickerFixture.start([
    '--port=0',
    `--static-hosts=${HOSTS.join(',')}`,
    ...argv,
  ]));
}

afterEach(async () => {
  await picker?.stop();
  picker = undefined;
});

/** @returns places of the hosts to which requests go, one after another; each has ended before the next */
async function placesOf(sut: PickerFixture, requests: readonly PlayedRequest[]): Promise<number[]> {
  const places: number[] = [];
  for (const request of requests) {
    const { endpoint, immediate, end } = await sut.send(request);
    if (immediate) throw new Error(immediate.body.toString());
    places.push(HOSTS.indexOf(endpoint as (typeof HOSTS)[number]));
    end();
  }
  return places;
}

function chat(model: string, content = 'hello'): PlayedRequest {
  return { body: { model, messages: [{ role: 'user', content }] } };
}

describe('--routing-logic', () => {
  it('goes round the hosts in the given order where nothing is said', async () => {
    const sut = await started();
    const requests = Array.from({ length: 7 }, () => chat('m'));
    expect(await placesOf(sut, requests)).toEqual([0, 1, 2, 0, 1, 2, 0]);
  });

  it('goes round the hosts of each model by itself', async () => {
    const sut = await started('--static-models=a,a|b,b');
    const models = ['a', 'a', 'b', 'a', 'b', 'b', 'a', 'a'];
    const places = await placesOf(
      sut,
      models.map((model) => chat(model)),
    );
    const of = (model: string): number[] => places.filter((_, i) => models[i] === model);
    expect([of('a'), of('b')]).toEqual([
      [0, 1, 0, 1, 0],
      [1, 2, 1],
    ]);
  });

  it('takes the host with the fewest streams that have not ended', async () => {
    const sut = await started('--routing-logic=least_outstanding_requests');
    const open = [];
    for (let i = 0; i < 6; i++) open.push(await sut.send(chat('m')));
    for (const host of HOSTS) {
      expect(open.filter(({ endpoint }) => endpoint === host)).toHaveLength(2);
    }
    const idle = open[3]!.endpoint;
    for (const each of open) if (each.endpoint === idle) each.end();
    let next = await sut.send(chat('m'));
    while (next.endpoint !== idle) {
      next.end();
      next = await sut.send(chat('m'));
    }
    expect((await sut.send(chat('m'))).endpoint).toBe(idle);
  });

  it('keeps a session at its host, however busy that is', async () => {
    const sut = await started('--routing-logic=session_aware', '--session-key=X-User');
    const of = (user: string): PlayedRequest => ({
      ...chat('m', `I am ${user}`),
      headers: [['x-user', user]],
    });
    const homes = new Set<string | undefined>();
    for (const user of ['ann', 'ben', 'cleo', 'dan', 'eve', 'fay']) {
      const first = await sut.send(of(user));
      homes.add(first.endpoint);
      for (let i = 0; i < 3; i++) expect((await sut.send(of(user))).endpoint).toBe(first.endpoint);
    }
    expect(homes.size).toBeGreaterThan(1);
  });

  it('spreads requests without a session', async () => {
    const sut = await started('--routing-logic=session_aware');
    const open = [];
    for (let i = 0; i < 6; i++) open.push(await sut.send(chat('m')));
    for (const host of HOSTS) {
      expect(open.filter(({ endpoint }) => endpoint === host)).toHaveLength(2);
    }
  });

  it('sends an equal prompt where it went before', async () => {
    const sut = await started('--routing-logic=prefix_aware');
    const homes = new Set<number>();
    for (const topic of ['stars', 'ships', 'songs', 'seeds']) {
      const request = chat('m', `All that one may say of ${topic}.`);
      const [first, ...others] = await placesOf(sut, [request, request, chat('m', topic), request]);
      homes.add(first!);
      expect([others[0], others[2]]).toEqual([first, first]);
    }
    expect(homes.size).toBeGreaterThan(1);
  });

  it('schedules requests without a body too', async () => {
    const sut = await started();
    const list = { path: '/v1/models' };
    expect(await placesOf(sut, [list, list, list, list])).toEqual([0, 1, 2, 0]);
  });
});
