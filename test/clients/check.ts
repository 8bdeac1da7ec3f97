/** Where the clients are pointed at. */
export interface Target {
  /** Base URL of a sidecar, or of a router, in plain HTTP, without `/v1`. */
  readonly url: string;
  /** The same of a sidecar that serves by TLS with a certificate of its own making. */
  readonly tlsUrl: string;
  /** A PEM file with that certificate. */
  readonly caFile: string;
  /** A sidecar whose decoder breaks every answer off; '' when there is none. */
  readonly cutUrl: string;
  /** `host:port` of the prefiller. */
  readonly prefiller: string;
  /** A `host:port` where nobody listens. */
  readonly deadPrefiller: string;
  readonly model: string;
  /** Tokens of an answer that takes much longer than any check may. */
  readonly endless: number;
}

/** The client libraries that checks are written for. */
export type Library = 'openai' | 'anthropic';
export type Language = 'Node' | 'Python';

/** At least, at most. */
export type Range = readonly [number, number];

/** One thing that a client must be able to do, and what it must cause at the engines. */
export interface Check {
  readonly name: string;
  /** How many requests the prefiller must finish. */
  readonly prefills: number | Range;
  /** How many KV caches the decoder must pull; absent: as many. */
  readonly transfers?: Range;
  /** Only with simulators: real engines cannot be told to do it. */
  readonly simulated?: true;
  /** Only through a sidecar: a router has no such way in. */
  readonly sidecarOnly?: true;
  /** Only one language's client can do it. */
  readonly language?: Language;
}

/** A client library in a language, ready to run checks by name. */
export interface ClientUnderTest {
  readonly library: Library;
  readonly language: Language;
  /** Version of the library and of what runs it. */
  readonly version: string;
  /** Rejects with what went wrong. */
  run(check: string, target: Target): Promise<void>;
  close(): Promise<void>;
}
