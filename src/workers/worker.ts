import cluster, { type Worker as ClusterWorker } from 'node:cluster';
import { Mailbox, type Envelope, type Mail, type Port } from './mailbox.js';
import type { WorkerMail, WorkerReports } from './base-mail.js';

/** How a worker's process ended. */
export interface ExitStatus {
  readonly code: number | null;
  readonly signal: string | null;
}

/** A worker as its supervisor sees it. */
export class Worker<Out extends Mail, In extends WorkerMail> {
  readonly mail: Mailbox<Out, In>;
  readonly startedAt = performance.now();
  /** Set once it serves. */
  ready: WorkerReports['ready'] | undefined;
  /** Resolves when it serves, if it ever does. */
  readonly serving: Promise<WorkerReports['ready']>;
  /** It says that it does. */
  serves!: (where: WorkerReports['ready']) => void;
  /** Set when it said why it cannot start. */
  failed: WorkerReports['failed'] | undefined;
  /** Its process has ended and its output is complete. */
  readonly ended: Promise<ExitStatus>;

  /** @param slot 1 to the number of workers; one that takes the place of another has its number */
  constructor(
    readonly slot: number,
    private readonly child: ClusterWorker,
  ) {
    this.mail = new Mailbox<Out, In>(portTo(child));
    this.serving = new Promise((resolve) => {
      this.serves = (where) => {
        this.ready = where;
        resolve(where);
      };
    });
    this.ended = new Promise((resolve) => {
      child.process.once('close', (code: number | null, signal: string | null) => {
        this.mail.close();
        resolve({ code, signal });
      });
    });
  }

  /** Unlike that of every other worker of this program, ended ones included. */
  get id(): number {
    return this.child.id;
  }

  get pid(): number | undefined {
    return this.child.process.pid;
  }

  kill(): void {
    this.child.process.kill('SIGKILL');
  }
}

/**
 * Starts the program of this process once more, as a worker whose stderr is a pipe to this one.
 *
 * This process accepts connections and gives each to the next worker that took its last one (Node's default,
 * round robin): long connections of few clients are spread evenly, which the kernel's hash does not do.
 */
export function forkWorker(): ClusterWorker {
  cluster.setupPrimary({ stdio: ['ignore', 'inherit', 'pipe', 'ipc'] });
  const child = cluster.fork();
  closeWhatIsOnItsWay(child);
  return child;
}

function portTo(child: ClusterWorker): Port {
  return {
    post: (envelope) => {
      if (child.isConnected()) child.send(envelope, () => undefined);
    },
    receive: (listener) => child.on('message', (envelope: Envelope) => listener(envelope)),
  };
}

interface Handle {
  close(): void;
}

/** Node's message with an accepted connection. */
interface Handover {
  readonly act: 'newconn';
  /** Of the socket that it was accepted at. */
  readonly key: string;
}

/**
 * A connection that was sent to a worker, and not accepted when that ended, is nobody's: Node would keep it open in
 * this process as long as that lives, and its client would wait. There is at most one for each worker and port, since the
 * next one is sent when this one was accepted.
 */
function closeWhatIsOnItsWay({ process: child }: ClusterWorker): void {
  const latest = new Map<string, Handle | undefined>();
  const send = child.send.bind(child) as (...call: unknown[]) => boolean;
  child.send = (...call: unknown[]): boolean => {
    const [message, handle] = call as [Partial<Handover> | null, Handle | undefined];
    if (message?.act === 'newconn') latest.set(message.key!, handle);
    return send(...call);
  };
  // Closing what was accepted, and is closed here therefore, does nothing.
  child.once('exit', () => {
    for (const handle of latest.values()) handle?.close();
  });
}
