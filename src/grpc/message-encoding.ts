import { gunzipSync, inflateSync } from 'node:zlib';
import { GrpcError, GrpcStatus } from './status.js';

/** @returns the bytes of a message that came compressed @throws GrpcError */
export type Decompress = (bytes: Buffer) => Buffer;

/** `grpc-accept-encoding`: what callers may send. Answers are sent plain. */
export const ACCEPTED_ENCODINGS = 'identity,gzip,deflate';

/** Inflating takes the turn of everybody, and a few bytes may be made many: no proxy compresses longer ones. */
const MOST_INFLATED = 16 * 2 ** 20;

const INFLATERS = { gzip: gunzipSync, deflate: inflateSync } as const;

/** @param encoding `grpc-encoding` of a call: https://github.com/grpc/grpc/blob/master/doc/compression.md */
export function isKnownEncoding(encoding: string | undefined): boolean {
  return encoding === undefined || ACCEPTED_ENCODINGS.split(',').includes(encoding);
}

/**
 * @param most bytes of a message; of a compressed one at most {@link MOST_INFLATED} in any case
 * @returns undefined where messages come plain
 */
export function decompressOf(encoding: string | undefined, most: number): Decompress | undefined {
  if (encoding === undefined || !Object.hasOwn(INFLATERS, encoding)) return undefined;
  const inflate = INFLATERS[encoding as keyof typeof INFLATERS];
  const room = Math.min(most, MOST_INFLATED);
  return (bytes) => {
    try {
      return inflate(bytes, { maxOutputLength: room });
    } catch (error) {
      throw isTooLong(error)
        ? new GrpcError(
            GrpcStatus.resourceExhausted,
            `a compressed message has more than the ${room} bytes that it may have: send it plain`,
          )
        : new GrpcError(GrpcStatus.internal, `a message is no ${encoding}`);
    }
  };
}

function isTooLong(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE';
}
