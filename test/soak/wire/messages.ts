/** What a request says beside its body. */
export interface RequestParts {
  readonly path: string;
  readonly id: string;
  /** Further field lines, without line ends. */
  readonly lines?: readonly string[];
  readonly body: Buffer;
  /** The body goes in chunks in place of by its length. */
  readonly chunked?: boolean;
}

const CHUNK_BYTES = 700;

/** A POST request's bytes. */
export function requestBytes({ path, id, lines = [], body, chunked }: RequestParts): Buffer {
  const framing = chunked ? 'transfer-encoding: chunked' : `content-length: ${body.length}`;
  const fields = ['host: soak', 'content-type: application/json', `x-request-id: ${id}`, ...lines];
  const head = `POST ${path} HTTP/1.1\r\n${[...fields, framing].join('\r\n')}\r\n\r\n`;
  return Buffer.concat([Buffer.from(head, 'latin1'), chunked ? inChunks(body) : body]);
}

function inChunks(body: Buffer): Buffer {
  const parts: Buffer[] = [];
  for (let at = 0; at < body.length; at += CHUNK_BYTES)
    parts.push(chunkOf(body.subarray(at, at + CHUNK_BYTES)));
  return Buffer.concat([...parts, LAST_CHUNK]);
}

export const LAST_CHUNK = Buffer.from('0\r\n\r\n');

/** One chunk of a chunked body. */
export function chunkOf(data: Buffer): Buffer {
  return Buffer.concat([Buffer.from(`${data.length.toString(16)}\r\n`), data, Buffer.from('\r\n')]);
}

/** The head of an answer; `length` undefined: chunked. */
export function answerHead(
  status: number,
  type: string,
  length: number | undefined,
  lines: readonly string[] = [],
): string {
  const framing = length === undefined ? 'transfer-encoding: chunked' : `content-length: ${length}`;
  const fields = ['server: soak', `content-type: ${type}`, ...lines, framing];
  return `HTTP/1.1 ${status} Soak\r\n${fields.join('\r\n')}\r\n\r\n`;
}

/** A whole JSON answer. */
export function jsonAnswer(status: number, body: string, lines: readonly string[] = []): string {
  return answerHead(status, 'application/json', Buffer.byteLength(body), lines) + body;
}

/** The header by which a request names its prefillers. */
export function prefillAt(...ports: number[]): string {
  return `x-prefiller-host-port: ${ports.map((port) => `127.0.0.1:${port}`).join(',')}`;
}

/** What a prefiller answers whose parameters name the request. */
export function prefillAnswer(id: string): string {
  return jsonAnswer(
    200,
    `{"id":"${id}","choices":[{"index":0,"message":{"role":"assistant","content":" "},"finish_reason":"length"}],"kv_transfer_params":{"do_remote_prefill":true,"do_remote_decode":false,"remote_block_ids":[1,2,3],"remote_engine_id":"kv-${id}","remote_host":"127.0.0.1","remote_port":5600}}`,
  );
}
