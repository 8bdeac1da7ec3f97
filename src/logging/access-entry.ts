/** The message of every access line. */
export const ACCESS_MESSAGE = 'request';

/** How a request ended; absent on the line when it ended well. */
export type AccessOutcome =
  | 'ok'
  /** The client left before it had the whole answer. */
  | 'client_gone'
  /** The upstream broke off after its head: the client's connection was cut. */
  | 'upstream_cut'
  /** Refused here: no upstream was asked. */
  | 'rejected'
  /** An upstream leg failed before its head. */
  | 'failed'
  /** --request-timeout or --shutdown-timeout ran out. */
  | 'timeout';

/** What an access line tells of one request. Times are milliseconds, sizes are bytes. */
export interface AccessEntry {
  readonly method: string;
  /** Path as received; a query is left out of the line, for it can hold keys. */
  readonly path: string;
  /** Status sent to the client; 499 where it left before there was one. */
  readonly status: number;
  readonly requestId: string;
  readonly durationMs?: number | undefined;
  /** From the request's arrival to the first byte of the answer's body. */
  readonly ttftMs?: number | undefined;
  readonly encodeMs?: number | undefined;
  readonly prefillMs?: number | undefined;
  readonly decodeMs?: number | undefined;
  /** host:port of the prefiller that answered. */
  readonly prefiller?: string | undefined;
  readonly connector?: string | undefined;
  /** host:port of another pod that an engine may pull KV from. */
  readonly kvSource?: string | undefined;
  /** Data-parallel rank of the decoder, where there are several. */
  readonly rank?: number | undefined;
  /** URL of the worker that a router asked last. */
  readonly worker?: string | undefined;
  /** The model that the request names, where a router read it. */
  readonly model?: string | undefined;
  /** Policy by which a router chose that worker. */
  readonly policy?: string | undefined;
  /** Attempts after the first. */
  readonly retries?: number | undefined;
  readonly requestBytes?: number | undefined;
  readonly responseBytes?: number | undefined;
  /** Address of the client's end of the connection. */
  readonly client?: string | undefined;
  readonly outcome?: AccessOutcome | undefined;
  /** Code of the error table, where the answer was made here. */
  readonly error?: string | undefined;
}
