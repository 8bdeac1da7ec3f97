import { freePort } from '../../support/free-port.js';
import { Envoy } from '../rig/envoy.js';
import { BODY_SEND_MODES } from '../rig/envoy-config.js';
import { ask, CHAT } from '../rig/http-client.js';
import { chat, startServers } from '../rig/model-servers.js';
import { mustBe, type Scenario } from '../scenario.js';

/**
 * What Envoy makes of requests while no picker is there. Full duplex cannot fail open for requests with a body:
 * what was streamed to the picker is gone.
 */
export const FAIL_OPEN: readonly Scenario[] = [
  {
    name: 'without a picker: what failure_mode_allow lets through, in each body mode',
    run: async (stage) => {
      const servers = await startServers(stage, [chat]);
      const picker = await freePort();
      for (const failOpen of [false, true]) {
        for (const request of BODY_SEND_MODES) {
          const envoy = await Envoy.start(stage, {
            ...{ file: 'envoy/override-host.yaml', picker, servers: servers.ports },
            ...{ request, failOpen, withoutPicker: true },
          });
          const hostile = {
            'x-gateway-destination-endpoint': '127.0.0.1:1',
            'x-prefiller-host-port': '1',
          };
          const get = await ask(envoy.url, { path: '/v1/models', headers: hostile });
          const post = await ask(envoy.url, { body: CHAT, headers: hostile });
          const expected = [
            failOpen ? 200 : 500,
            failOpen && request !== 'FULL_DUPLEX_STREAMED' ? 200 : 500,
          ];
          mustBe([get.status, post.status], expected, `GET and POST, ${request}, ${failOpen}`);
          await envoy.stop();
        }
      }
      const leaked = servers
        .asked()
        .filter((asked) => Object.keys(hostileOf(asked.headers)).length > 0);
      mustBe(leaked.length, 0, 'requests with control headers of the client');
    },
  },
  {
    name: 'without a picker, static hosts: nothing passes, whatever the client names',
    run: async (stage) => {
      const servers = await startServers(stage, [chat]);
      const picker = await freePort();
      const envoy = await Envoy.start(stage, { file: 'envoy.yaml', picker, withoutPicker: true });
      const headers = { 'x-gateway-destination-endpoint': `127.0.0.1:${servers.ports[0]}` };
      const statuses = [
        (await ask(envoy.url, { headers })).status,
        (await ask(envoy.url, { headers, body: CHAT })).status,
      ];
      mustBe(statuses, [500, 500], 'statuses');
      mustBe(servers.asked().length, 0, 'requests that reached the server');
    },
  },
];

function hostileOf(headers: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const names = ['x-gateway-destination-endpoint', 'x-prefiller-host-port'];
  return Object.fromEntries(Object.entries(headers).filter(([name]) => names.includes(name)));
}
