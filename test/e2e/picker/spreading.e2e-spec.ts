import { afterEach, describe, expect, it } from '@jest/globals';
import type { PlayedRequest } from '../../support/ext-proc-exchange.js';
import { PickerProgram, type ProgramDecision } from '../../support/picker-program.js';
import { countOf } from '../../support/policy-harness.js';
import { VllmServer } from '../../support/vllm-server.js';

const HOSTS = ['127.0.0.1:8101', '127.0.0.1:8102', '127.0.0.1:8103', '127.0.0.1:8104'];
const DEFAULT_PROFILE = `
- {type: queue-scorer}
- {type: kv-cache-utilization-scorer}
- {type: prefix-cache-scorer}
`;

const opened: { stop(): Promise<unknown> }[] = [];

afterEach(async () => {
  for (const one of opened.splice(0).reverse()) await one.stop();
});

function kept<T extends { stop(): Promise<unknown> }>(one: T): T {
  opened.push(one);
  return one;
}

/** @returns how many of so many simultaneous requests each endpoint gets, the fewest first */
async function burst(
  picker: PickerProgram,
  count: number,
  request: (i: number) => PlayedRequest = () => ({}),
): Promise<number[]> {
  const decisions = await Promise.all(
    Array.from({ length: count }, (_, i) => picker.chat(`question ${i}`, request(i))),
  );
  for (const { stream } of decisions) stream.halfClose();
  const counts = countOf(decisions.map(({ endpoint }) => endpoint));
  return [...counts.values()].sort((a, b) => a - b);
}

const seed = async (logic: string, ...more: readonly string[]) =>
  kept(
    await PickerProgram.seed([
      ...[`--static-hosts=${HOSTS.join(',')}`, `--routing-logic=${logic}`, ...more],
    ]),
  );

describe('a burst of 200 requests', () => {
  it.each([
    ['the default profile', DEFAULT_PROFILE],
    ['queues alone', '- {type: queue-scorer}'],
    ['what is in flight', '- {type: active-request-scorer}'],
    ['no scorer', '- {type: max-score-picker}'],
  ])('is spread evenly over equal servers by %s', async (_name, plugins) => {
    const servers = await Promise.all(
      ['a', 'b', 'c', 'd'].map(async (name) => kept(await VllmServer.start(name))),
    );
    const setup = { endpoints: servers, plugins, metrics: true };
    const picker = kept(await PickerProgram.configured(setup));
    for (let round = 0; round < 2; round++) {
      expect(await burst(picker, 200)).toEqual([50, 50, 50, 50]);
    }
  });

  it('is spread evenly with a prefiller beside each decoder', async () => {
    const endpoints = ['prefill', 'decode'].flatMap((role, at) =>
      [1, 2].map((i) => ({
        ...{ name: `${role}-${i}`, endpoint: `10.9.${at}.${i}:8000` },
        labels: { 'llm-d.ai/role': role },
      })),
    );
    const picker = kept(
      await PickerProgram.configured({
        endpoints,
        plugins: `
- {type: always-disagg-pd-decider}
- {type: disagg-profile-handler, parameters: {deciders: {prefill: always-disagg-pd-decider}}}
- {type: prefill-filter}
- {type: decode-filter}
- {type: queue-scorer}
`,
        config: `schedulingProfiles:
- {name: prefill, plugins: [{pluginRef: prefill-filter}, {pluginRef: queue-scorer}]}
- {name: decode, plugins: [{pluginRef: decode-filter}, {pluginRef: queue-scorer}]}
`,
      }),
    );
    const decisions = await Promise.all(
      Array.from({ length: 200 }, (_, i) => picker.chat(`question ${i}`)),
    );
    const of = (place: (decision: ProgramDecision) => string | undefined) => [
      ...countOf(decisions.map(place)).values(),
    ];
    expect(of(({ endpoint }) => endpoint)).toEqual([100, 100]);
    expect(of(({ headers }) => headers.get('x-prefiller-host-port'))).toEqual([100, 100]);
  });

  it.each(['round_robin', 'least_outstanding_requests', 'session_aware'])(
    'is spread evenly by %s',
    async (logic) => {
      expect(await burst(await seed(logic), 200)).toEqual([50, 50, 50, 50]);
    },
  );
});

describe('least_outstanding_requests', () => {
  it('counts streams until they end, however they do', async () => {
    const picker = await seed('least_outstanding_requests');
    const open = await Promise.all(HOSTS.map((host) => picker.chat(host)));
    expect(new Set(open.map(({ endpoint }) => endpoint)).size).toBe(4);
    for (const end of ['halfClose', 'cancel'] as const) {
      const gone = open.pop()!;
      gone.stream[end]();
      let next = await picker.chat('next');
      while (next.endpoint !== gone.endpoint) {
        next.stream.cancel();
        next = await picker.chat('next');
      }
    }
  });
});

describe('session_aware', () => {
  it('sends an equal value of user_id to the same host, also of requests without a body', async () => {
    const picker = await seed('session_aware');
    const homes = new Map<string, string>();
    for (let round = 0; round < 3; round++) {
      for (let user = 0; user < 40; user++) {
        const headers = [['user_id', `user-${user}`]] as const;
        const request = round === 2 ? { headers, path: '/v1/models' } : { headers };
        const { endpoint } =
          round === 2 ? await picker.ask(request) : await picker.chat(`${round}`, request);
        expect(homes.get(`${user}`) ?? endpoint).toBe(endpoint);
        homes.set(`${user}`, endpoint!);
      }
    }
    expect(new Set(homes.values()).size).toBe(4);
  });
});

describe('prefix_aware', () => {
  it('sends an equal prompt to the same host, however busy that is', async () => {
    const picker = await seed('prefix_aware');
    for (const prompt of ['short', 'a longer story. '.repeat(200)]) {
      const first = await picker.chat(prompt);
      for (let i = 0; i < 60; i++)
        expect((await picker.chat(prompt)).endpoint).toBe(first.endpoint);
    }
  });

  it('knows prompts of completions too, and of lists', async () => {
    const picker = await seed('prefix_aware');
    const homes = new Set<string | undefined>();
    for (let i = 0; i < 12; i++) {
      const body = { model: 'm', prompt: i % 2 ? `a prompt ${i}` : [`a prompt ${i}`] };
      const request = { path: '/v1/completions', body };
      const first = await picker.ask(request);
      first.stream.halfClose();
      const again = await picker.ask(request);
      again.stream.halfClose();
      expect(again.endpoint).toBe(first.endpoint);
      homes.add(first.endpoint);
    }
    expect(homes.size).toBeGreaterThan(1);
  });
});
