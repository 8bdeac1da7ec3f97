const NAMES: Readonly<Record<number, string>> = {
  400: 'BadRequest',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'NotFound',
  412: 'PreconditionFailed',
  413: 'BadRequest',
  429: 'ResourceExhausted',
  503: 'ServiceUnavailable',
};

/** @returns what llm-d calls a refusal with that status */
export function nameOfStatus(status: number): string {
  return NAMES[status] ?? (status < 500 ? 'BadRequest' : 'Internal');
}
