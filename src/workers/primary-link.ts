import cluster from 'node:cluster';
import { Mailbox, type Envelope, type Mail } from './mailbox.js';

/** Whether this process is a worker. */
export function isWorker(): boolean {
  return cluster.isWorker;
}

/** A worker's end of the channel. When the primary ends, so does this process: Node sees to that. */
export function linkToPrimary<Out extends Mail, In extends Mail>(): Mailbox<Out, In> {
  return new Mailbox<Out, In>({
    post: (envelope) => {
      if (process.connected) process.send!(envelope, undefined, undefined, () => undefined);
    },
    receive: (listener) =>
      process.on('message', (envelope) => {
        listener(envelope as Envelope);
      }),
  });
}
