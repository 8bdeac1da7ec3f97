import { describeMachine } from '../bench/machine.js';
import { fitsHttp2 } from './cases/ask-http2.js';
import { readCorpus } from './cases/corpus.js';
import { OWN_CASES, QUICK_CASES } from './cases/own.js';
import { playCases } from './cases/part.js';
import { measureChecks } from './cost.js';
import { deletePods } from './lifecycle/deletes.js';
import { watchExits } from './lifecycle/exits.js';
import { stormRelists } from './lifecycle/relists.js';
import type { SsrfOptions } from './options.js';
import type { PartResult, SsrfReport } from './report/report.js';
import { Rig } from './rig/rig.js';
import { sendValues } from './values/part.js';

/** Runs what the options ask for, one part after the other. @param say gets progress, a line at a time */
export async function runSsrf(
  options: SsrfOptions,
  say: (line: string) => void,
): Promise<SsrfReport> {
  const { parts, corpus, seed } = options;
  const machine = describeMachine();
  const results: PartResult[] = [];
  const rig = await Rig.start();
  const run = async (part: () => Promise<PartResult>): Promise<void> => {
    const result = await part();
    say(`${result.part}: ${result.seconds.toFixed(1)} s`);
    results.push(result);
  };
  try {
    if (parts.has('cases')) {
      const cases = options.quick ? QUICK_CASES : OWN_CASES;
      await run(() => playCases(rig, { part: 'own cases', cases }, say));
      const list = { part: 'own cases, HTTP/2', cases: OWN_CASES.filter(fitsHttp2), http2: true };
      await run(() => playCases(rig, list, say));
    }
    if (parts.has('corpus') && corpus !== undefined) {
      const read = await readCorpus(corpus);
      await run(() => playCases(rig, { part: 'corpus', ...read }, say));
    }
    if (parts.has('values')) {
      await run(() => sendValues(rig, { count: options.values, seed }));
    }
    if (parts.has('cost')) await run(() => Promise.resolve(measureChecks()));
    if (parts.has('exits')) await run(() => watchExits(rig));
    if (parts.has('deletes')) await run(() => deletePods(rig, options.deletes));
    if (parts.has('relists')) await run(() => stormRelists(rig, options.relists));
  } finally {
    await rig.stop();
  }
  return { machine, seed, parts: results };
}
