import { mustBe } from '../../envoy/scenario.js';
import { picker, router, sidecar, simulator, start, type Scenario } from '../scenario.js';

/** A port on which nobody listens: what a program that serves nobody need not reach. */
const NOWHERE = 9;

const STARTS = {
  sidecar: sidecar(NOWHERE),
  'sidecar with two workers': sidecar(NOWHERE, '--workers=2'),
  router: router(`--worker-urls=http://127.0.0.1:${NOWHERE}`),
  picker: picker(`--static-hosts=localhost:${NOWHERE}`, '--service-discovery=static'),
  simulator: simulator(),
} as const;

/** As a kubelet ends them: SIGTERM to process 1. */
export const STOP: readonly Scenario[] = Object.entries(STARTS).map(([name, args]) => ({
  name: `SIGTERM: ends the ${name} with 0`,
  run: async (stage) => {
    const program = await start(stage, args);
    const asked = performance.now();
    program.signal('SIGTERM');
    mustBe(await program.exited(), 0, `exit code (${program.stderr.slice(-500)})`);
    return { ms: String(Math.round(performance.now() - asked)) };
  },
}));
