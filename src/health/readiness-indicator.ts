/** What one part says about itself. */
export interface Readiness {
  readonly ready: boolean;
  /** Why not, or a detail worth reading; goes to whoever asks, so it names no internal address. */
  readonly message?: string | undefined;
}

/** A condition that must hold for this process to be sent requests. */
export interface ReadinessIndicator {
  /** Key in the answer of /health/ready and in the log. */
  readonly name: string;

  /** The data-parallel rank that it speaks of; left out: all of them. */
  readonly rank?: number | undefined;

  /** Cheap, or limited in itself: whoever can reach the port calls it as often as he likes. */
  check(): Readiness | Promise<Readiness>;
}
