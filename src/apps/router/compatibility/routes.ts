/** A route of another router: method, path as it is asked for in the test, and how it is called. */
export interface ForeignRoute {
  readonly method: string;
  readonly path: string;
  readonly shown?: string;
  readonly note: string;
}

const route = (method: string, path: string, note = '', shown?: string): ForeignRoute => ({
  method,
  path,
  note,
  ...(shown !== undefined && { shown }),
});

/** The routes of seed 002 and of vllm-router 0.1.17; what the router does not answer itself goes to a worker. */
export const FOREIGN_ROUTES: readonly ForeignRoute[] = [
  route(
    'POST',
    '/workers',
    '202 and a job behind it, as the seed says; vllm-router waits in its plain mode',
  ),
  route('GET', '/workers'),
  route('GET', '/workers/x', 'by id, by URL, or by URL percent-encoded', '/workers/{id or url}'),
  route('DELETE', '/workers/x', 'drains first', '/workers/{id or url}'),
  route('POST', '/flush_cache', 'asks workers for /reset_prefix_cache, then /flush_cache'),
  route(
    'GET',
    '/get_loads',
    'asks workers for /load, which vLLM has; vllm-router asks for /get_load',
  ),
  route('POST', '/add_worker?url=', '', '/add_worker?url='),
  route('POST', '/remove_worker?url=', '', '/remove_worker?url='),
  route('GET', '/list_workers'),
  route('POST', '/finish_session?session_id=s', '', '/finish_session?session_id='),
  route('GET', '/liveness'),
  route(
    'GET',
    '/readiness',
    '503 where there is no worker; vllm-router says ready with --enable-igw',
  ),
  route('GET', '/health'),
  route('GET', '/v1/models', 'of all workers, in the shape of OpenAI; vllm-router asks one'),
  route('POST', '/v1/chat/completions'),
  route('POST', '/v1/completions'),
  route('POST', '/v1/embeddings'),
  route('POST', '/v1/responses'),
  route('GET', '/v1/responses/r', '', '/v1/responses/{id}'),
  route('POST', '/v1/rerank'),
  route('POST', '/rerank'),
  route('POST', '/generate'),
  route('POST', '/inference/v1/generate'),
  route('POST', '/v1/messages', 'errors in Anthropic’s shape'),
  route('GET', '/get_model_info', 'of one worker, as there'),
  route('GET', '/get_server_info', 'of one worker, as there'),
  route('GET', '/health_generate', 'of one worker; vllm-router asks all'),
  route('POST', '/start_profile', 'of one worker'),
  route('POST', '/stop_profile', 'of one worker'),
  route('POST', '/v1/audio/transcriptions', 'multipart too, which vllm-router refuses'),
  route('GET', '/anything/else', 'counted and retried as the others', 'any other path'),
];
