import { fileURLToPath } from 'node:url';
import { Envoy } from '../rig/envoy.js';
import { ask, CHAT } from '../rig/http-client.js';
import { chat, startServers } from '../rig/model-servers.js';
import { Picker } from '../rig/picker.js';
import { must, mustBe, type Scenario, type Stage } from '../scenario.js';

const ROUTES = fileURLToPath(new URL('../../../config/routes.json', import.meta.url));
const JSON_TYPE = { 'content-type': 'application/json' };
const HELLO = '{"model": "gpt-3.5-turbo", "messages": [{"role": "user", "content": "Hello!"}]}';
const COMPLETION = '{"model": "text-davinci-003", "prompt": "Hello, world!"}';

/** Static hosts behind config/envoy.yaml, as it is: routes by their names, models, routing logics. */
export const SEED: readonly Scenario[] = [
  {
    name: 'static hosts: the chat and the completion of the readme',
    run: async (stage) => {
      const { envoy, servers } = await start(stage, 1, [
        '--routing-logic=least_outstanding_requests',
      ]);
      for (const [path, body] of [
        ['/v1/chat/completions', HELLO],
        ['/v1/completions', COMPLETION],
      ] as const) {
        const answer = await ask(envoy.url, { path, body, headers: JSON_TYPE });
        mustBe(answer.status, 200, `status of ${path} (${answer.text})`);
        mustBe(servers.last().body.toString(), body, 'the body');
        mustBe(servers.last().headers['content-length'], String(body.length), 'content-length');
      }
      mustBe(
        (await ask(envoy.url, { path: '/v1/models' })).status,
        200,
        'status of GET /v1/models',
      );
    },
  },
  {
    name: 'static hosts: a model that is not the route’s is refused',
    run: async (stage) => {
      const { envoy, servers } = await start(stage, 1, []);
      for (const [path, body] of [
        ['/v1/chat/completions', CHAT],
        ['/v1/completions', HELLO],
        ['/v1/chat/completions', '{"messages":[]}'],
      ] as const) {
        const answer = await ask(envoy.url, { path, body, headers: JSON_TYPE });
        mustBe(answer.status, 400, `status of ${path}`);
        must('error' in (JSON.parse(answer.text) as object), answer.text);
      }
      // Envoy makes one path of it, before it looks for the route.
      const odd = await ask(envoy.url, { path: '/x/..//v1/chat/completions', body: CHAT });
      mustBe(odd.status, 400, 'status of a path that is written otherwise');
      mustBe(servers.asked().length, 0, 'requests that reached the server');
    },
  },
  {
    name: 'static hosts: round robin takes one after the other, a session stays',
    run: async (stage) => {
      const robin = await start(stage, 3, ['--routing-logic=round_robin']);
      for (let at = 0; at < 9; at++) await ask(robin.envoy.url, { body: HELLO });
      const counts = robin.servers.engines.map(({ requests }) => requests.length);
      mustBe(counts, [3, 3, 3], 'requests of each host');
      const sticky = await start(stage, 3, ['--routing-logic=session_aware']);
      for (let at = 0; at < 6; at++) {
        await ask(sticky.envoy.url, { body: HELLO, headers: { user_id: 'me' } });
      }
      const used = sticky.servers.engines.filter(({ requests }) => requests.length > 0);
      mustBe(used.length, 1, 'hosts that one session used');
    },
  },
];

async function start(stage: Stage, hosts: number, flags: readonly string[]) {
  const servers = await startServers(
    stage,
    Array.from({ length: hosts }, () => chat),
  );
  const picker = await Picker.startStatic(stage, servers.ports, [
    `--route-config=${ROUTES}`,
    ...flags,
  ]);
  const envoy = await Envoy.start(stage, { file: 'envoy.yaml', picker: picker.port });
  return { envoy, servers, picker };
}
