/** The body of an error answer, and the object of an ERROR event. */
export interface Status {
  readonly kind: 'Status';
  readonly apiVersion: 'v1';
  readonly metadata: object;
  readonly status: 'Failure';
  readonly message: string;
  readonly reason: string;
  readonly code: number;
}

export function failure(code: number, reason: string, message: string): Status {
  return {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message,
    reason,
    code,
  };
}

export function goneStatus(asked: number, compacted: number): Status {
  return failure(410, 'Expired', `too old resource version: ${asked} (${compacted})`);
}
