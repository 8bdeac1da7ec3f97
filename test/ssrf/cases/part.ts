import { atLeast, none, told } from '../../soak/report/figure.js';
import type { PartResult } from '../report/report.js';
import type { Rig } from '../rig/rig.js';
import type { SsrfCase } from './case.js';
import { Player } from './player.js';
import type { Unplayable } from './corpus.js';

/** A list of cases to be played. */
export interface CaseList {
  readonly part: string;
  readonly cases: readonly SsrfCase[];
  /** Asks by HTTP/2 over TLS. */
  readonly http2?: boolean;
  readonly unplayable?: readonly Unplayable[];
}

/** Plays cases, one after the other, and counts. */
export async function playCases(
  rig: Rig,
  { part, cases, http2 = false, unplayable = [] }: CaseList,
  say: (line: string) => void,
): Promise<PartResult> {
  const begin = performance.now();
  let strayed = 0;
  const problems = unplayable.map(({ id, why }) => `${id} was not played: ${why}`);
  const skipped: string[] = [];
  let right = 0;
  let others = 0;
  const player = new Player(rig, http2);
  try {
    for (const one of cases) {
      if (!rig.hasIpv6 && JSON.stringify(one.lines).includes('{A6')) {
        skipped.push(one.id);
        continue;
      }
      const { wrong, status, strayed: reached } = await player.play(one);
      strayed += reached;
      if (wrong.length === 0) right++;
      if (wrong.length === 0 && status !== one.expect.status) {
        others++;
        say(`${part} ${one.id}: ${status}, accepted beside ${one.expect.status}`);
      }
      for (const text of wrong) problems.push(`${one.id}: ${text} (${one.why})`);
      if (wrong.length > 0) say(`${part} ${one.id}: ${wrong.join('; ')}`);
    }
  } finally {
    await player.stop();
  }
  return {
    part,
    figures: [
      atLeast(cases.length - skipped.length, 'cases that are right', right),
      told('of these by another accepted status', others),
      none('cases that could not be played', unplayable.length),
      told('cases left out for want of IPv6', skipped.length),
      none('connections to hosts that are not allowed', strayed),
    ],
    problems: [...problems, ...skipped.map((id) => `${id} was left out: no IPv6 here`)],
    seconds: (performance.now() - begin) / 1000,
  };
}
