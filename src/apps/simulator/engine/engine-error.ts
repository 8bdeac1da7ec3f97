/** A request that failed in the engine: 500 with vLLM's own words. */
export class GenerationError extends Error {
  override readonly name = 'GenerationError';

  /** @param detail for the log */
  constructor(readonly detail: string) {
    super('Internal server error');
  }
}

/** vLLM's engine does not survive malformed hand-over parameters; every request fails from then on. */
export class EngineDeadError extends Error {
  override readonly name = 'EngineDeadError';

  constructor() {
    super('EngineCore encountered an issue. See stack trace (above) for the root cause.');
  }
}

/** The client left. */
export class AbortedError extends Error {
  override readonly name = 'AbortedError';
}
