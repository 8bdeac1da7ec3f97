/** Status codes of gRPC that are used here: https://grpc.github.io/grpc/core/md_doc_statuscodes.html */
export const GrpcStatus = {
  ok: 0,
  cancelled: 1,
  invalidArgument: 3,
  deadlineExceeded: 4,
  notFound: 5,
  resourceExhausted: 8,
  unimplemented: 12,
  internal: 13,
  unavailable: 14,
} as const;
export type GrpcStatus = (typeof GrpcStatus)[keyof typeof GrpcStatus];

/** As Prometheus' metrics of gRPC have them. */
export const STATUS_NAMES: Readonly<Record<GrpcStatus, string>> = {
  0: 'OK',
  1: 'Canceled',
  3: 'InvalidArgument',
  4: 'DeadlineExceeded',
  5: 'NotFound',
  8: 'ResourceExhausted',
  12: 'Unimplemented',
  13: 'Internal',
  14: 'Unavailable',
};

/** A call that ends with another status than OK. */
export class GrpcError extends Error {
  override readonly name = 'GrpcError';

  constructor(
    readonly status: GrpcStatus,
    message: string,
  ) {
    super(message);
  }
}
