const MESSAGE = 'The worker broke off its answer.';

/**
 * The last event of a stream whose worker has died: clients are told before the connection is cut.
 *
 * @param path of the request: Anthropic's API has a shape of its own
 * @see https://docs.anthropic.com/en/docs/build-with-claude/streaming#error-events
 */
export function brokenStream(path: string): string {
  if (path === '/v1/messages') {
    const error = { type: 'api_error', message: MESSAGE };
    return `\n\nevent: error\ndata: ${JSON.stringify({ type: 'error', error })}\n\n`;
  }
  const error = { message: MESSAGE, type: 'BadGatewayError', param: null, code: 502 };
  return `\n\ndata: ${JSON.stringify({ error })}\n\n`;
}
