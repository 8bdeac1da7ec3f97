import { RawConnection } from '../client/raw-connection.js';
import { readAnswers, type ReadAnswer } from '../wire/answer-reader.js';
import { valuesOf, type ReadRequest } from '../wire/request-reader.js';

const PATIENCE_MS = 5_000;
const BODY = '{"model":"m","prompt":"p","max_tokens":5}';

/** @param lines each with its CRLF */
export function prefilledRequest(prefillerPort: number, lines: string): string {
  return (
    `POST /v1/completions HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n` +
    `x-prefiller-host-port: 127.0.0.1:${prefillerPort}\r\n${lines}` +
    `Content-Length: ${BODY.length}\r\n\r\n${BODY}`
  );
}

/** A prefiller's answer whose parameters name the request, so that the decoder's echo tells whose they are. */
export function prefillAnswer(request: ReadRequest): string {
  const body = `{"kv_transfer_params":{"remote_engine_id":"${valuesOf(request, 'x-probe').join()}"}}`;
  return `HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
}

/** A request whose decode must have the parameters of its own prefill. */
export async function probePrefilled(
  port: number,
  prefillerPort: number,
  id: string,
): Promise<{ answer: ReadAnswer | undefined; extra: boolean }> {
  const client = await RawConnection.open(port);
  try {
    client.write(prefilledRequest(prefillerPort, `X-Probe: ${id}\r\n`));
    const answers = (): ReadAnswer[] =>
      readAnswers(client.received, ['POST'], client.ending === 'fin').answers;
    await client.until(() => answers().some(({ complete }) => complete), PATIENCE_MS);
    const [answer, ...more] = answers();
    const own = answer?.complete === true && answer.body.includes(`"remote_engine_id":"${id}"`);
    return { answer: own || answer?.status !== 200 ? answer : undefined, extra: more.length > 0 };
  } finally {
    client.destroy();
  }
}
