/** The client left, or its deadline passed, while something was awaited for it. */
export class ExchangeEndedError extends Error {
  override readonly name = 'ExchangeEndedError';
}
