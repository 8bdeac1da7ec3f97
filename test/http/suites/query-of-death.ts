import { RawConnection } from '../client/raw-connection.js';
import { plainAnswer, RecordingEngine } from '../engine/recording-engine.js';
import { readAnswers } from '../wire/answer-reader.js';
import { serve } from './load-client.js';
import { prefillAnswer } from './prefilled.js';
import type { CaseResult, Rig, Suite } from './suite.js';

const MIB = 1 << 20;
/** How much more CPU a hostile request may cost than a sound one of the same size. */
const MOST_AMPLIFICATION = 100;
/** A quick run counts too little CPU for more than an order of magnitude, on a busy machine. */
const MOST_IN_QUICK_RUN = 300;
const ANSWER_MS = 20_000;

interface Query {
  readonly name: string;
  /** Head lines and body, made when needed. */
  make(): { path: string; lines: string; body: string };
  readonly times: number;
}

const prompt = (text: string): string => `{"model":"m","prompt":${text}}`;
const json = (body: string): ReturnType<Query['make']> => ({
  ...{ path: '/v1/completions', body },
  lines: `Content-Type: application/json\r\nContent-Length: ${body.length}\r\n`,
});

const SOUND: Query = {
  name: 'a sound prompt of 1 MiB',
  times: 5,
  make: () => json(prompt(`"${'p'.repeat(MIB)}"`)),
};

const SMALL: Query = { name: 'a small sound prompt', times: 100, make: () => json(prompt('"p"')) };

const HOSTILE: readonly Query[] = [
  {
    name: 'arrays 1,000,000 deep',
    times: 5,
    make: () => json(prompt('['.repeat(1e6) + ']'.repeat(1e6))),
  },
  {
    name: 'objects 200,000 deep',
    times: 5,
    make: () => json(prompt('{"a":'.repeat(2e5) + '1' + '}'.repeat(2e5))),
  },
  { name: 'arrays that never close', times: 5, make: () => json(prompt('['.repeat(2e6))) },
  { name: '300,000 members', times: 5, make: () => json(`{${'"a":1,'.repeat(3e5)}"b":2}`) },
  {
    name: '100,000 times max_tokens',
    times: 5,
    make: () => json(`{${'"max_tokens":5,'.repeat(1e5)}"b":2}`),
  },
  { name: 'escapes', times: 5, make: () => json(prompt(`"${'\\u0041'.repeat(2e5)}"`)) },
  {
    name: 'a string that never ends',
    times: 5,
    make: () => json(`{"prompt":"${'\\"'.repeat(5e5)}`),
  },
  { name: 'a number of 1 MiB', times: 5, make: () => json(prompt('1'.repeat(MIB))) },
  { name: 'blanks', times: 5, make: () => json(`${' '.repeat(MIB)}{}`) },
  { name: 'a prompt of 20 MiB', times: 1, make: () => json(prompt(`"${'p'.repeat(20 * MIB)}"`)) },
  {
    name: 'a lie about the length',
    times: 20,
    make: () => ({ ...json('{}'), lines: 'Content-Length: 99999999999999\r\n' }),
  },
  {
    name: 'chunks of one byte',
    times: 3,
    make: () => ({
      path: '/v1/completions',
      lines: 'Transfer-Encoding: chunked\r\n',
      body: `1\r\n{\r\n${'1\r\n \r\n'.repeat(1e5)}1\r\n}\r\n0\r\n\r\n`,
    }),
  },
  {
    name: '7,000 lines',
    times: 20,
    make: () => ({
      path: '/x',
      lines: 'X-A: b\r\n'.repeat(7e3) + 'Content-Length: 0\r\n',
      body: '',
    }),
  },
  {
    name: '100,000 lines',
    times: 20,
    make: () => ({ path: '/x', lines: 'a: b\r\n'.repeat(1e5), body: '' }),
  },
  {
    name: '100,000 names in Connection',
    times: 5,
    make: () => ({
      path: '/x',
      lines: `Connection: ${'a,'.repeat(1e5)}\r\n${'a: b\r\n'.repeat(3e3)}Content-Length: 0\r\n`,
      body: '',
    }),
  },
  {
    name: 'candidates without end',
    times: 5,
    make: () => ({
      path: '/v1/completions',
      lines: `x-prefiller-host-port: ${'a:1,'.repeat(1e5)}\r\nContent-Length: 2\r\n`,
      body: '{}',
    }),
  },
  {
    name: 'a coding of 200 KiB',
    times: 5,
    make: () => ({
      path: '/x',
      lines: `Transfer-Encoding: ${'chunked,'.repeat(25e3)}\r\n`,
      body: '',
    }),
  },
];

/** Single requests that could stop a proxy for all: how much of its time they take, and whether it lives on. */
export const QUERY_OF_DEATH: Suite = {
  name: 'query-of-death',
  skipped: ({ sidecar }) => (sidecar ? undefined : 'it reads no bodies'),
  async *run(rig) {
    const prefiller = await RecordingEngine.start();
    prefiller.respond = (request, { socket }) => socket.write(prefillAnswer(request), 'latin1');
    rig.engine.respond = (request, { socket }) =>
      socket.write(plainAnswer({ ...request, body: 'taken' }), 'latin1');
    try {
      await cost(rig, SOUND, prefiller.port);
      const small = await cost(rig, SMALL, prefiller.port);
      const large = await cost(rig, SOUND, prefiller.port);
      const normal = (bytes: number): number =>
        small.cpuUs + Math.max(0, large.cpuUs - small.cpuUs) * (bytes / large.bytes);
      for (const query of HOSTILE) {
        const times = rig.quick ? Math.ceil(query.times / 5) : query.times;
        yield await judged(rig, { ...query, times }, prefiller.port, normal);
      }
      yield await malformedBodies(rig, prefiller.port);
    } finally {
      await prefiller.stop();
    }
  },
};

async function judged(
  rig: Rig,
  query: Query,
  prefillerPort: number,
  normal: (bytes: number) => number,
): Promise<CaseResult> {
  const asking = cost(rig, query, prefillerPort);
  const service = await serve(rig.proxy.port, asking, 2);
  const { cpuUs, statuses, bytes } = await asking;
  let ratio = cpuUs / normal(bytes);
  const most = rig.quick ? MOST_IN_QUICK_RUN : MOST_AMPLIFICATION;
  // A busy machine makes the clock of a process run fast: the better of two counts.
  if (ratio > most) {
    const again = await cost(rig, query, prefillerPort);
    ratio = Math.min(ratio, again.cpuUs / normal(bytes));
  }
  const reason =
    `${bytes} bytes: ${statuses}; ${ratio.toFixed(1)} times the CPU of a sound request, ` +
    `others: ${service.failed} failed, p99 ${service.p99.toFixed(0)} ms`;
  const harmed = service.failed > 0 || rig.proxy.ended || ratio > most;
  return {
    group: 'query of death',
    name: query.name,
    verdict: harmed ? 'violation' : 'ok',
    reason,
  };
}

/** What a query costs the proxy. */
async function cost(
  { proxy }: Rig,
  { make, times }: Query,
  prefillerPort: number,
): Promise<{ cpuUs: number; statuses: string; bytes: number }> {
  const { path, lines, body } = make();
  const routed = lines.includes('x-prefiller')
    ? ''
    : `x-prefiller-host-port: 127.0.0.1:${prefillerPort}\r\n`;
  const bytes = `POST ${path} HTTP/1.1\r\nHost: x\r\n${routed}${lines}\r\n${body}`;
  const before = proxy.usage()?.cpuUs ?? 0;
  const statuses = new Set<string>();
  for (let i = 0; i < times; i++) statuses.add(await ask(proxy.port, bytes));
  const used = (proxy.usage()?.cpuUs ?? 0) - before;
  return {
    cpuUs: used / times,
    statuses: [...statuses].join(', '),
    bytes: bytes.length,
  };
}

async function ask(port: number, bytes: string): Promise<string> {
  const client = await RawConnection.open(port);
  try {
    client.write(bytes);
    const read = () => readAnswers(client.received, ['POST'], client.ending === 'fin').answers[0];
    await client.until(() => read()?.complete === true, ANSWER_MS);
    return String(read()?.status ?? 'none');
  } finally {
    client.destroy();
  }
}

/** Bodies that are no JSON, one after the other. */
async function malformedBodies(rig: Rig, prefillerPort: number): Promise<CaseResult> {
  const count = rig.quick ? 500 : 10_000;
  const random = (n: number): number => Math.floor(Math.random() * n);
  const source =
    '{"model":"m","messages":[{"role":"user","content":"\\u00e9"}],"n":1e5,"a":[true,null]}';
  const statuses = new Map<string, number>();
  const sending = (async () => {
    for (let i = 0; i < count; i++) {
      const at = random(source.length);
      const body =
        source.slice(0, at) + String.fromCharCode(random(256)) + source.slice(at + random(3));
      const route = `x-prefiller-host-port: 127.0.0.1:${prefillerPort}\r\n`;
      const head = `POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\n${route}Content-Length: ${body.length}\r\n\r\n`;
      const status = await ask(rig.proxy.port, head + body);
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
    }
  })();
  const service = await serve(rig.proxy.port, sending, 2);
  const reason = `${[...statuses].map((pair) => pair.join(': ')).join(', ')}; others: ${service.failed} failed`;
  const wrong = [...statuses.keys()].some((status) => status !== '200' && status !== '400');
  return {
    ...{ group: 'query of death', name: `${count} mutated bodies`, reason },
    verdict: wrong || service.failed > 0 || rig.proxy.ended ? 'violation' : 'ok',
  };
}
