const HEAD = 'HTTP/1.1 200 OK\r\ndate: Thu, 01 Jan 2026 00:00:00 GMT\r\nserver: uvicorn\r\n';
const ID = '"id":"chatcmpl-5f1c0f2f9d7a4c1e8b3a6d2e9f407c11"';

/** The head of a streamed answer. */
export const STREAM_HEAD = `${HEAD}content-type: text/event-stream; charset=utf-8\r\ntransfer-encoding: chunked\r\n\r\n`;

/** One token's event as vLLM writes it, framed as one chunk. */
export const TOKEN_CHUNK = Buffer.from(
  chunk(
    `data: {${ID},"object":"chat.completion.chunk","created":1767225600,"model":"bench","choices":[{"index":0,"delta":{"content":" token"},"logprobs":null,"finish_reason":null}]}\n\n`,
  ),
);

/** Tokens in {@link TOKEN_BLOCK}. */
export const BLOCK_TOKENS = 8;

/** Several tokens' events, still a chunk each. */
export const TOKEN_BLOCK = Buffer.concat(Array.from({ length: BLOCK_TOKENS }, () => TOKEN_CHUNK));

/** Usage event, end marker and last chunk. */
export const STREAM_END = Buffer.from(
  chunk(
    `data: {${ID},"object":"chat.completion.chunk","created":1767225600,"model":"bench","choices":[],"usage":{"prompt_tokens":64,"total_tokens":80,"completion_tokens":16,"prompt_tokens_details":{"cached_tokens":0}}}\n\n`,
  ) +
    chunk('data: [DONE]\n\n') +
    '0\r\n\r\n',
);

/** The answer to a request that is not streamed. */
export const DOCUMENT = Buffer.from(
  json(
    `{${ID},"object":"chat.completion","created":1767225600,"model":"bench","choices":[{"index":0,"message":{"role":"assistant","content":"${' token'.repeat(16)}"},"logprobs":null,"finish_reason":"length"}],"usage":{"prompt_tokens":64,"total_tokens":80,"completion_tokens":16,"prompt_tokens_details":{"cached_tokens":0}}}`,
  ),
);

/** The answer to a health probe. */
export const HEALTHY = Buffer.from(`${HEAD}content-length: 0\r\n\r\n`);

/** The list of models, for routers that ask for it before they serve. */
export const MODELS = Buffer.from(
  json('{"object":"list","data":[{"id":"bench","object":"model","owned_by":"bench"}]}'),
);

const BYTES_A_TOKEN = 4;
const RENDERED = new Map<string, Buffer>();

/**
 * The answer to a router that has an engine tokenize a request before it chooses: vLLM's in shape and size.
 *
 * @param bytes of the request's body
 */
export function rendered(isChat: boolean, bytes: number): Buffer {
  const key = `${isChat} ${bytes}`;
  let answer = RENDERED.get(key);
  if (!answer) {
    const ids = Array.from(
      { length: Math.ceil(bytes / BYTES_A_TOKEN) },
      (_, i) => (i * 7) % 32_000,
    );
    const request = `{"request_id":"5f1c0f2f9d7a4c1e8b3a6d2e9f407c11","token_ids":[${ids.join(',')}],"sampling_params":{"max_tokens":16},"model":"bench"}`;
    answer = Buffer.from(json(isChat ? request : `[${request}]`));
    RENDERED.set(key, answer);
  }
  return answer;
}

/** The name that the prefill engine gives a hand-over; the decode engine looks for it. */
export function handoverName(number: number): string {
  return `handover-${String(number).padStart(10, '0')}`;
}

/** The transfer parameters of one hand-over, in vLLM's names. */
export function transferParams(number: number): string {
  return `{"do_remote_prefill":true,"do_remote_decode":false,"remote_block_ids":[1,2,3,4],"remote_engine_id":"${handoverName(number)}","remote_host":"127.0.0.1","remote_port":5600,"tp_size":1}`;
}

/** The prefill engine's answer. */
export function prefillAnswer(number: number): string {
  return json(
    `{${ID},"object":"chat.completion","created":1767225600,"model":"bench","choices":[{"index":0,"message":{"role":"assistant","content":" token"},"logprobs":null,"finish_reason":"length"}],"usage":{"prompt_tokens":64,"total_tokens":65,"completion_tokens":1,"prompt_tokens_details":{"cached_tokens":0}},"kv_transfer_params":${transferParams(number)}}`,
  );
}

function json(body: string): string {
  return `${HEAD}content-length: ${body.length}\r\ncontent-type: application/json\r\n\r\n${body}`;
}

function chunk(data: string): string {
  return `${data.length.toString(16)}\r\n${data}\r\n`;
}
