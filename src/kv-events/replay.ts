import { connect } from 'node:net';
import type { ZmqEndpoint } from '../zmq/zmq-endpoint.js';
import { ZmqPeer } from '../zmq/zmq-peer.js';

export interface ReplayRequest {
  readonly endpoint: ZmqEndpoint;
  /** Number of the first batch that is wanted. */
  readonly from: number;
  /** Bytes of the longest message that is taken. */
  readonly maxMessageBytes: number;
  /** Milliseconds without a message after which no more is expected. */
  readonly patience: number;
  batch(sequence: number, payload: Buffer): void;
  /** Called once, unless it was ended from here. @param isWhole the publisher said that this was all */
  done(isWhole: boolean, reason: string): void;
}

/** A publisher looks for requests between its batches, every 100 ms at least. */
export const REPLAY_PATIENCE_MS = 5000;

const NOTHING = Buffer.alloc(0);
const END = 0xffff_ffff_ffff_ffffn;

/** Asks a publisher for what it sent before. @returns ends it */
export function replay({ endpoint, from, ...request }: ReplayRequest): () => void {
  let isOver = false;
  let timer: NodeJS.Timeout | undefined;
  const end = (isWhole: boolean, reason: string): void => {
    if (isOver) return;
    isOver = true;
    clearTimeout(timer);
    peer.close();
    request.done(isWhole, reason);
  };
  const wait = (): void => {
    clearTimeout(timer);
    timer = setTimeout(() => end(false, 'no answer in time'), request.patience);
  };
  const start = Buffer.alloc(8);
  start.writeBigUInt64BE(BigInt(from));
  const peer = new ZmqPeer(
    connect(endpoint),
    { type: 'DEALER', maxMessageBytes: request.maxMessageBytes },
    {
      ready: (one) => one.send([NOTHING, start]),
      message: ([, , sequence, payload]) => {
        if (isOver) return;
        if (sequence?.length !== 8 || !payload) return end(false, 'an answer that is none');
        const number = sequence.readBigUInt64BE();
        if (number === END) return end(true, 'all is said');
        wait();
        request.batch(Number(number), payload);
      },
      closed: (reason) => end(false, reason),
    },
  );
  wait();
  return () => {
    isOver = true;
    clearTimeout(timer);
    peer.close();
  };
}
