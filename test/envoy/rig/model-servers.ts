import {
  FakeEngine,
  json,
  type EngineBehaviour,
  type ReceivedRequest,
} from '../../support/fake-engine.js';
import type { Stage } from '../scenario.js';

const METRICS = `vllm:num_requests_waiting 0
vllm:num_requests_running 0
vllm:kv_cache_usage_perc 0
`;

/** Model servers played by hand. */
export interface ModelServers {
  readonly engines: readonly FakeEngine[];
  readonly ports: readonly number[];
  /** What all of them were asked, polls left out, in the order of their arrival at each. */
  asked(): ReceivedRequest[];
  /** The last of those of a single server. */
  last(): ReceivedRequest;
}

/** Answers a chat as JSON. */
export const chat: EngineBehaviour = json({
  id: 'c1',
  object: 'chat.completion',
  model: 'm',
  choices: [{ index: 0, message: { role: 'assistant', content: 'Hello' }, finish_reason: 'stop' }],
  usage: { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 },
});

/** @param behaviours one a server; polls of their metrics are answered in any case */
export async function startServers(
  { after }: Stage,
  behaviours: readonly EngineBehaviour[],
): Promise<ModelServers> {
  const engines = await Promise.all(
    behaviours.map((behaviour) =>
      FakeEngine.start((response, request) => {
        if (request.url === '/metrics') {
          response.writeHead(200, { 'content-type': 'text/plain' }).end(METRICS);
          return;
        }
        return behaviour(response, request);
      }),
    ),
  );
  after(async () => {
    await Promise.all(engines.map((engine) => engine.stop()));
  });
  const asked = (): ReceivedRequest[] =>
    engines.flatMap(({ requests }) => requests.filter(({ url }) => url !== '/metrics'));
  return {
    engines,
    ports: engines.map(({ port }) => port),
    asked,
    last: () => asked().at(-1)!,
  };
}
