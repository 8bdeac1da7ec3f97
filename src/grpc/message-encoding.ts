import { gunzipSync, inflateSync } from 'node:zlib';
import { GrpcError, GrpcStatus } from './status.js';

/** @returns the bytes of a message that came compressed @throws GrpcError */
export type Decompress = (bytes: Buffer) => Buffer;

/** `grpc-accept-encoding`: what callers may send. Answers are sent plain. */
export const ACCEPTED_ENCODINGS = 'identity,gzip,deflate';

const INFLATERS = { gzip: gunzipSync, deflate: inflateSync } as const;

/** @param encoding `grpc-encoding` of a call: https://github.com/grpc/grpc/blob/master/doc/compression.md */
export function isKnownEncoding(encoding: string | undefined): boolean {
  return encoding === undefined || ACCEPTED_ENCODINGS.split(',').includes(encoding);
}

/**
 * @param most bytes of a message
 * @returns undefined where messages come plain
 */
export function decompressOf(encoding: string | undefined, most: number): Decompress | undefined {
  if (encoding === undefined || !Object.hasOwn(INFLATERS, encoding)) return undefined;
  const inflate = INFLATERS[encoding as keyof typeof INFLATERS];
  return (bytes) => {
    try {
      return inflate(bytes, { maxOutputLength: most });
    } catch (error) {
      throw isTooLong(error)
        ? new GrpcError(
            GrpcStatus.resourceExhausted,
            `a message has more than the ${most} bytes that --grpc-max-recv-msg-size allows`,
          )
        : new GrpcError(GrpcStatus.internal, `a message is no ${encoding}`);
    }
  };
}

function isTooLong(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE';
}
