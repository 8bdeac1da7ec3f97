import { createPolicy, type PolicyName, type PolicyOptions } from '../../../src/policy/policies.js';
import { VirtualClock } from './clock.js';
import { EngineModel } from './engine-model.js';
import { play } from './play.js';
import { seeded } from './random.js';
import { summarize, type Summary } from './summary.js';
import { messagesOf } from './text.js';
import type { Trace } from './trace.js';

/** A policy with those of its options that are not as usual. */
export interface PolicyUnderTest {
  readonly name: PolicyName;
  readonly options: Partial<PolicyOptions>;
}

const TIDY_MS = 120_000;

/** Plays a trace to engines that the policy chooses among, in virtual time: the same result each time. */
export function simulate(trace: Trace, policy: PolicyUnderTest, workers: number): Summary {
  const clock = new VirtualClock();
  const tools = { now: () => clock.now(), random: seeded(1) };
  const chooser = createPolicy(policy.name, tools, policy.options);
  const engines = Array.from({ length: workers }, () => new EngineModel(clock));
  const candidates = engines.map((_, i) => ({
    id: `http://worker-${i}:8000`,
    load: 0,
    cost: 1,
    lastChosen: -Infinity,
  }));
  let isOver = false;
  const tidy = (): void => {
    chooser.tidy?.();
    if (!isOver) clock.after(TIDY_MS, tidy);
  };
  clock.after(TIDY_MS, tidy);
  play(
    trace,
    clock,
    (session, turn, answered) => {
      const text = messagesOf(session, turn)
        .map(({ content }) => content)
        .join('');
      const { index } = chooser.choose(candidates, { text, sessionKey: session.user });
      const candidate = candidates[index]!;
      candidate.load++;
      candidate.lastChosen = clock.now();
      engines[index]!.submit(text, session.turns[turn]!.answer.tokens, () => {
        candidate.load--;
        answered();
      });
    },
    () => (isOver = true),
  );
  clock.run();
  return summarize(engines.map(({ figures }) => figures));
}
