/** A stretch of text; two with the same seed and length are the same. */
export interface Piece {
  readonly seed: number;
  /** Tokens, of four characters each. */
  readonly tokens: number;
}

/** One request of a session and its answer. */
export interface Turn {
  /** What it adds to the conversation. */
  readonly asks: Piece;
  /** What the engine answers, and the next turn repeats. */
  readonly answer: Piece;
  /** Milliseconds between the answer before it and this turn. */
  readonly pauseMs: number;
}

/** A conversation: each turn sends all that was said before. */
export interface Session {
  readonly startMs: number;
  /** Who has it; one user may have several. */
  readonly user: string;
  /** What it begins with, and others too. */
  readonly shared: readonly Piece[];
  readonly turns: readonly Turn[];
}

/** Sessions in the order of their start. Later turns come when the earlier ones were answered. */
export interface Trace {
  readonly name: string;
  readonly sessions: readonly Session[];
}
