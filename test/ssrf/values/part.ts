import { atLeast, none, told } from '../../soak/report/figure.js';
import { Random } from '../random.js';
import type { PartResult } from '../report/report.js';
import { HOSTS, PODS } from '../rig/places.js';
import type { Rig } from '../rig/rig.js';
import { World } from '../rig/world.js';
import { Connection } from './connection.js';
import { Generator, type Line } from './generate.js';
import { Tally } from './tally.js';
import { expectedOutcome, type AllowedPods } from './oracle.js';

const CONNECTIONS = 48;
const BODY = '{"model":"m","prompt":"x"}';

/** Sends generated header values over kept-alive connections and compares with the oracle. */
export async function sendValues(
  rig: Rig,
  { count, seed }: { count: number; seed: number },
): Promise<PartResult> {
  const begin = performance.now();
  const world = await World.start(rig, {
    ipv6: true,
    flags: ['--log-level=error', '--prefiller-connect-timeout=2s'],
  });
  const tally = new Tally();
  const connections = Array.from({ length: CONNECTIONS }, () => new Connection(world.port));
  rig.ledger.clear();
  const canaryBefore = rig.ledger.canary.length;
  const sending = performance.now();
  try {
    const generator = new Generator(new Random(seed), rig.places);
    const pods = podsOf(rig);
    let sent = 0;
    const worker = async (connection: Connection): Promise<void> => {
      while (sent < count) {
        const id = `value-${++sent}`;
        const lines = generator.next();
        const expected = expectedOutcome(lines, pods);
        const answer = await connection.ask(bytesOf(id, lines)).catch(String);
        tally.add({ id, lines, expected, answer, ...rig.ledger.take(id) });
      }
    };
    await Promise.all(connections.map(worker));
    const seconds = (performance.now() - sending) / 1000;
    const queries = world.dns.take();
    return {
      part: 'values',
      figures: [
        atLeast(count, 'values that were judged', tally.judged),
        ...tally.figures(),
        none('connections to hosts that are not allowed', rig.ledger.canary.length - canaryBefore),
        none(
          'surplus answers',
          connections.reduce((sum, { surplus }) => sum + surplus, 0),
        ),
        none(
          'DNS queries for addresses and pod names',
          queries.filter(({ name }) => isKnown(name)).length,
        ),
        none(
          'other DNS queries, more than one a check or for a name none',
          tally.surplusLookups(queries),
        ),
        told('expected DNS queries', tally.lookups),
        none(
          'difference of ssrf_blocked_total from 403s',
          Math.abs((await world.metric('ssrf_blocked_total')) - tally.count(403)),
        ),
        none('processes that ended', world.alive ? 0 : 1),
        told('values a second', Math.round(count / seconds)),
      ],
      problems: tally.problems,
      seconds: (performance.now() - begin) / 1000,
    };
  } finally {
    for (const connection of connections) connection.close();
    await world.stop();
    rig.reset();
  }
}

function podsOf(rig: Rig): AllowedPods {
  const { A, B, A6 } = HOSTS;
  const six = rig.hasIpv6 ? [A6] : [];
  return {
    addresses: new Set([A, B, ...six]),
    names: new Map([
      [PODS.PODNAME, A],
      [PODS.PODB, B],
      ...six.map((address): [string, string] => [PODS.POD6, address]),
    ]),
    listening: new Set(rig.labels),
  };
}

function isKnown(name: string): boolean {
  const pods: readonly string[] = Object.values(PODS);
  return /^[\d.]+$|:/.test(name) || pods.includes(name.toLowerCase());
}

function bytesOf(id: string, lines: readonly Line[]): Buffer {
  const fields = lines.map(([name, value]) => `${name}: ${value}\r\n`).join('');
  return Buffer.from(
    `POST /v1/completions HTTP/1.1\r\nHost: s\r\nx-request-id: ${id}\r\ncontent-length: ${BODY.length}\r\n${fields}\r\n${BODY}`,
    'latin1',
  );
}
