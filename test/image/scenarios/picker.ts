import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { must } from '../../envoy/scenario.js';
import { ExtProcClient } from '../../support/ext-proc-client.js';
import { playRequest } from '../../support/ext-proc-exchange.js';
import { eventually } from '../../support/picker-program.js';
import { MetricsServer } from '../../support/metrics-server.js';
import type { SidecarProcess } from '../../support/sidecar-process.js';
import { picker, simulator, start, type Scenario, type Stage } from '../scenario.js';

const CHAT = { model: 'tiny', messages: [{ role: 'user', content: 'hello' }] };

/** The picker, with Envoy played by hand. */
export const PICKER: readonly Scenario[] = [
  {
    name: 'picker: static hosts, gRPC health, a decision',
    run: async (stage) => {
      const server = await start(stage, simulator());
      const flags = [`--static-hosts=localhost:${server.port}`, '--service-discovery=static'];
      const started = await start(stage, picker(...flags, '--routing-logic=round_robin'));
      await decides(stage, started, server.port);
    },
  },
  {
    name: 'picker: endpoints of a mounted file, whose metrics its thread reads',
    run: async (stage) => {
      const server = await MetricsServer.start('');
      stage.after(() => server.stop());
      const file = join(stage.folder, 'endpoints.yaml');
      const entry = `{name: a, address: 127.0.0.1, port: "${server.port}"}`;
      writeFileSync(file, `endpoints: [${entry}]`);
      const config = JSON.stringify({
        apiVersion: 'llm-d.ai/v1alpha1',
        kind: 'EndpointPickerConfig',
        plugins: [{ type: 'file-discovery', parameters: { path: file } }],
        dataLayer: { discovery: { pluginRef: 'file-discovery' } },
      });
      const mount = { folders: [stage.folder] };
      const started = await start(stage, picker(`--config-text=${config}`), mount);
      await decides(stage, started, server.port);
      await eventually(
        () => Promise.resolve(server.asked.length),
        (times) => times > 1,
      );
    },
  },
];

async function decides(stage: Stage, started: SidecarProcess, port: number): Promise<void> {
  const client = await ExtProcClient.connect(started.port);
  stage.after(() => client.close());
  await eventually(
    () => client.health(),
    (told) => told === 'SERVING',
  );
  const decision = await playRequest(client.stream(), {
    path: '/v1/chat/completions',
    headers: [['content-type', 'application/json']],
    body: CHAT,
  });
  must(decision.immediate === undefined, JSON.stringify(decision.immediate));
  must(decision.endpoint?.endsWith(`:${port}`) === true, `it picked ${decision.endpoint}`);
  const metrics = await (await fetch(`${started.opsUrl}/metrics`)).text();
  must(metrics.includes('# TYPE'), 'no metrics');
}
