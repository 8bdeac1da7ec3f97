import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ask } from '../../envoy/rig/http-client.js';
import { chat, startServers } from '../../envoy/rig/model-servers.js';
import { mustBe } from '../../envoy/scenario.js';
import { envoys } from '../envoy/binaries.js';
import { deploy } from '../envoy/deployed.js';
import { manifestPath, plainManifests } from '../manifests/plain-manifests.js';
import { parseObjects, type KubernetesObject } from '../rig/helm.js';
import { must, type ClusterScenario, type Scenario } from '../scenario.js';

const FILES = ['vllm-extproc.yaml', 'envoy-proxy.yaml'];
const HELLO = { messages: [{ role: 'user', content: 'Hello!' }] };
const ASKED = [
  {
    path: '/v1/chat/completions',
    body: { model: 'gpt-3.5-turbo', ...HELLO },
    status: 200,
    route: 'chat-route',
  },
  {
    path: '/v1/completions',
    body: { model: 'text-davinci-003', prompt: 'Hello, world!' },
    status: 200,
    route: 'completion-route',
  },
  {
    path: '/v1/chat/completions',
    body: { model: 'text-davinci-003', ...HELLO },
    status: 400,
    route: 'chat-route',
  },
  {
    path: '/v1/embeddings',
    body: { model: 'any', input: 'Hello' },
    status: 200,
    route: 'default-route',
  },
];

/** The manifests of the vLLM router's Envoy and ext_proc service. */
export const PLAIN_MANIFESTS: readonly Scenario[] = [
  {
    name: 'Envoy: helm/manifests is what the chart renders',
    run: async ({ helm }) => {
      for (const [file, text] of await plainManifests(helm)) {
        const is = readFileSync(manifestPath(file), 'utf8');
        must(is === text, `helm/manifests/${file} is stale: npm run test:helm -- --write`);
      }
    },
  },
  {
    name: 'Envoy: helm/manifests route chats and completions, each to its model',
    run: async (stage) => {
      for (const envoy of envoys()) {
        const own = { ...stage, envoy };
        const servers = await startServers(own, [chat]);
        const replace = { 'vllm:8000': `localhost:${servers.ports[0]}` };
        const deployed = await deploy(stage, objectsOf(FILES), { envoy, pickers: 2, replace });
        for (const { path, body, status } of ASKED) {
          const answer = await ask(deployed.envoy.url, { path, body });
          mustBe(answer.status, status, `status of ${path} (${answer.text})`);
        }
        await deployed.envoy.end();
        const log = join(stage.folder, `envoy-${deployed.envoy.port}.log`);
        const routes = [...readFileSync(log, 'utf8').matchAll(/"route":"([^"]*)"/g)];
        const expected = ASKED.map(({ route }) => route);
        mustBe(
          routes.map(([, route]) => route).sort(),
          expected.sort(),
          'routes in the access log',
        );
      }
    },
  },
];

/** The same, to a real API server. */
export const PLAIN_MANIFESTS_APPLIED: readonly ClusterScenario[] = [
  {
    name: 'a real API server takes helm/manifests without a warning',
    needs: 'cluster',
    run: async ({ cluster }) => {
      const namespace = await cluster.namespace('restricted');
      for (const object of objectsOf(FILES)) {
        const warnings = await cluster.objects.apply(object, { namespace });
        must(
          warnings.length === 0,
          `${object.kind} ${object.metadata.name}: ${warnings.join('; ')}`,
        );
      }
    },
  },
];

function objectsOf(files: readonly string[]): KubernetesObject[] {
  return files.flatMap((file) => parseObjects(readFileSync(manifestPath(file), 'utf8')));
}
