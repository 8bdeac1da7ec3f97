/** What a scenario measured, by what it is. */
export type Figures = Readonly<Record<string, string>>;

/** What became of a scenario. */
export interface Result {
  readonly scenario: string;
  readonly seconds: number;
  readonly figures: Figures;
  /** Undefined when it passed. */
  readonly failure: string | undefined;
}

/** Registers what is to be ended with a scenario; the last one is ended first. */
export type After = (end: () => Promise<void> | void) => void;

/** Runs a scenario of a suite and ends what it began, whatever comes of it. */
export async function runScenario(
  scenario: string,
  run: (after: After) => Promise<Figures | void> | Figures | void,
): Promise<Result> {
  const ends: (() => Promise<void> | void)[] = [];
  const started = performance.now();
  let figures: Figures = {};
  let failure: string | undefined;
  try {
    figures = (await run((end) => void ends.push(end))) ?? {};
  } catch (error) {
    failure = error instanceof Error ? error.message : String(error);
  }
  for (const end of ends.reverse()) await end();
  const seconds = Math.round(performance.now() - started) / 1000;
  return { scenario, seconds, figures, failure };
}
