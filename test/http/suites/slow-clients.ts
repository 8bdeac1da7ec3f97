import { setTimeout as sleep } from 'node:timers/promises';
import { RawConnection } from '../client/raw-connection.js';
import { plainAnswer } from '../engine/recording-engine.js';
import { serve } from './load-client.js';
import type { CaseResult, Rig, Suite } from './suite.js';

/** Bytes of an answer that a slow reader does not take. */
const LARGE = 4 << 20;
/** Large answers that are read before. */
const WARM_UP = 20;
/** Memory that stalled readers may cost in all, as the engine's bytes wait for them. */
const MOST_BYTES = 64 << 20;

interface Attack {
  readonly name: string;
  /** Begins on one connection. */
  begin(client: RawConnection): void;
  /** Goes on, once a tick. */
  goOn(client: RawConnection): void;
}

const ATTACKS: readonly Attack[] = [
  {
    name: 'slow heads',
    begin: (client) => client.write('GET /slow HTTP/1.1\r\nHost: x\r\n'),
    goOn: (client) => client.write('X-A: b\r\n'),
  },
  {
    name: 'slow bodies',
    begin: (client) =>
      client.write('POST /slow HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n'),
    goOn: (client) => client.write('a'),
  },
  {
    name: 'slow chunks',
    begin: (client) =>
      client.write('POST /slow HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n'),
    goOn: (client) => client.write('1\r\na\r\n'),
  },
  {
    name: 'slow readers',
    begin: (client) => {
      client.socket.pause();
      client.write('GET /large HTTP/1.1\r\nHost: x\r\n\r\n');
    },
    goOn: () => undefined,
  },
  {
    name: 'silent connections',
    begin: () => undefined,
    goOn: () => undefined,
  },
];

/** Many clients that take all the time in the world must not keep others from being served. */
export const SLOW_CLIENTS: Suite = {
  name: 'slow-clients',
  async *run(rig) {
    const large = Buffer.from(
      `HTTP/1.1 200 OK\r\nContent-Length: ${LARGE}\r\n\r\n${'l'.repeat(LARGE)}`,
    );
    rig.engine.respond = (request, { socket }) => {
      if (request.target === '/large') socket.write(large);
      else socket.write(plainAnswer(request), 'latin1');
    };
    await warmUp(rig);
    for (const attack of ATTACKS) yield await run(rig, attack);
    rig.engine.dropConnections();
  },
};

/** Lets large answers through, so that the process has the memory that a stream takes in passing. */
async function warmUp({ proxy }: Rig): Promise<void> {
  for (let i = 0; i < WARM_UP; i++) {
    const client = await RawConnection.open(proxy.port);
    client.write('GET /large HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
    await client.until(() => client.ending !== undefined, 5_000);
    client.destroy();
  }
}

async function run({ proxy, quick }: Rig, attack: Attack): Promise<CaseResult> {
  const seconds = quick ? 1 : 8;
  // The large answers wait in this process, too.
  const count = attack.name === 'slow readers' ? 50 : quick ? 200 : 500;
  const calm = await serve(proxy.port, sleep(quick ? 200 : 1_000));
  const before = proxy.usage()?.rssBytes;
  const clients: RawConnection[] = [];
  try {
    for (let i = 0; i < count; i++) {
      const client = await RawConnection.open(proxy.port);
      attack.begin(client);
      clients.push(client);
    }
    const attacking = (async () => {
      for (let i = 0; i < seconds * 4; i++) {
        for (const client of clients) attack.goOn(client);
        await sleep(250);
      }
    })();
    const busy = await serve(proxy.port, attacking);
    const grown = (proxy.usage()?.rssBytes ?? 0) - (before ?? 0);
    const reason =
      `${count} connections: ${busy.answered} answered, ${busy.failed} not, p99 ${busy.p99.toFixed(1)} ms ` +
      `(${calm.p99.toFixed(1)} ms before), memory ${(grown / (1 << 20)).toFixed(0)} MiB more`;
    const harmed =
      busy.failed > 0 || busy.answered === 0 || (before !== undefined && grown > MOST_BYTES);
    return {
      group: attack.name,
      name: `${seconds} s`,
      verdict: harmed ? 'violation' : 'ok',
      reason,
    };
  } finally {
    for (const client of clients) client.destroy();
  }
}
