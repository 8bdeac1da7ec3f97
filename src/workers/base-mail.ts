import type { Mail } from './mailbox.js';

/** What every worker tells of its own start, whatever program it belongs to. */
export interface WorkerReports {
  /** It serves: where, if it listens. */
  readonly ready: { readonly address: string; readonly port: number };
  /** It cannot start; one line that says why, and a code where the system gave one, or a stack where it is a defect. */
  readonly failed: {
    readonly reason: string;
    readonly code?: string | undefined;
    readonly stack?: string | undefined;
  };
}

/** Mail from a worker that a supervisor understands. */
export interface WorkerMail extends Mail {
  readonly told: WorkerReports;
}
