import { setTimeout as sleep } from 'node:timers/promises';
import { ask } from '../../envoy/rig/http-client.js';
import { mustBe } from '../../envoy/scenario.js';
import { envoys } from '../envoy/binaries.js';
import { ClusterDns } from '../envoy/cluster-dns.js';
import { deploy, type Deployed } from '../envoy/deployed.js';
import { NAMESPACE, pods } from '../envoy/fleets.js';
import { tryAll } from '../envoy/traffic.js';
import { must, type Scenario } from '../scenario.js';

const SERVICE = `rel-tandem-standalone-servers.${NAMESPACE}.svc.cluster.local`;

/** How Envoy finds pods: by the names of headless Services. */
export const ENVOY_DNS: readonly Scenario[] = [
  {
    name: 'Envoy: pods are found by the headless Service, as they come and go',
    run: async (stage) => {
      for (const envoy of envoys()) {
        const { modelServers, plan } = await pods(stage);
        const ips = plan.servers!.map((server) => server.split(':')[0]!);
        const dns = await ClusterDns.start();
        stage.after(() => dns.stop());
        dns.records.set(SERVICE, ips);
        const proxy = { image: { tag: `distroless-v${envoy.version}` }, failOpen: true };
        const values = { modelServers, proxy };
        const objects = stage.helm.objects({
          chart: 'tandem-standalone',
          values,
          namespace: NAMESPACE,
        });
        const deployed = await deploy(stage, objects, {
          envoy,
          ...(plan.env && { env: plan.env }),
          dns,
        });
        await untilKnown(deployed, plan.servers!);
        await tryAll(deployed.envoy);
        mustBe([...dns.missing], [], 'names that were looked for in vain');
        dns.records.set(SERVICE, ips.slice(1));
        await untilKnown(deployed, plan.servers!.slice(1));
        mustBe((await ask(deployed.envoy.url, { path: '/v1/models' })).status, 200, 'status');
        dns.records.set(SERVICE, ips);
        await untilKnown(deployed, plan.servers!);
        await deployed.envoy.stop();
      }
    },
  },
];

/** Waits until Envoy knows exactly these model servers. */
async function untilKnown({ envoy }: Deployed, servers: readonly string[]): Promise<void> {
  for (const deadline = performance.now() + 20_000; ; await sleep(50)) {
    const page = await envoy.admin('/clusters');
    const lines = page.matchAll(/^model-servers::([\d.]+:\d+)::cx_active/gm);
    const known = [...lines].map(([, address]) => address!).sort();
    if (known.join() === [...servers].sort().join()) return;
    must(performance.now() < deadline, `Envoy knows ${known.join()}, not ${servers.join()}`);
  }
}
