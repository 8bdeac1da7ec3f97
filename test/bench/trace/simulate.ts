import { createPolicy, type PolicyName, type PolicyOptions } from '../../../src/policy/policies.js';
import type { Policy, PolicyTools } from '../../../src/policy/policy.js';
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

/** Who takes part. */
export interface Cast {
  readonly workers: number;
  /** Routers that know nothing of each other; each request comes to any of them. */
  readonly routers: number;
}

const TIDY_MS = 120_000;

/** Plays a trace to engines that the policy chooses among, in virtual time: the same result each time. */
export function simulate(trace: Trace, policy: PolicyUnderTest, cast: Cast): Summary {
  const clock = new VirtualClock();
  const random = seeded(1);
  const tools = { now: () => clock.now(), random };
  const engines = Array.from({ length: cast.workers }, () => new EngineModel(clock));
  const routers = Array.from({ length: cast.routers }, () => new Router(policy, tools, engines));
  let isOver = false;
  const tidy = (): void => {
    for (const router of routers) router.policy.tidy?.();
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
      const router = routers[Math.floor(random() * routers.length)]!;
      const tokens = session.turns[turn]!.answer.tokens;
      router.send({ text, sessionKey: session.user }, tokens, answered);
    },
    () => (isOver = true),
  );
  clock.run();
  return summarize(engines.map(({ figures }) => figures));
}

/** What a router's policy sees: it counts the load that it gives itself. */
class Router {
  readonly policy: Policy;
  private readonly candidates;

  constructor(
    { name, options }: PolicyUnderTest,
    private readonly tools: PolicyTools,
    private readonly engines: readonly EngineModel[],
  ) {
    this.policy = createPolicy(name, tools, options);
    this.candidates = engines.map((_, i) => ({
      id: `http://worker-${i}:8000`,
      load: 0,
      cost: 1,
      lastChosen: -Infinity,
    }));
  }

  send(features: { text: string; sessionKey: string }, output: number, answered: () => void): void {
    const { index } = this.policy.choose(this.candidates, features);
    const candidate = this.candidates[index]!;
    candidate.load++;
    candidate.lastChosen = this.tools.now();
    this.engines[index]!.submit(features.text, output, () => {
      candidate.load--;
      answered();
    });
  }
}
