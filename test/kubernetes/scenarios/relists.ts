import { until } from '../../support/raw-client.js';
import { FOREIGN_IP, POD_IPS } from '../rig/engines.js';
import { WatchedAllowlist } from '../rig/watched-allowlist.js';
import { ms, withinSecond, must, type Scenario, type Stage } from '../scenario.js';

const [A, B] = POD_IPS;
const RELISTS = 500;
const PODS = 60;
const PAGE = 20;
const PAGES = Math.ceil((PODS + 1) / PAGE);
const LAST = `10.7.0.${PODS}`;

async function start(stage: Stage): Promise<WatchedAllowlist> {
  const { api, namespace } = stage;
  await api.putPool({ namespace });
  await api.putPod({ namespace, name: 'a', ip: A });
  for (let i = 1; i <= PODS; i++) await api.putPod({ namespace, name: `p${i}`, ip: `10.7.0.${i}` });
  const allowlist = await WatchedAllowlist.start(await api.kubeconfig('sidecar'), namespace, PAGE);
  stage.after(() => allowlist.stop());
  return allowlist;
}

const relists: Scenario = {
  name: `${RELISTS} relists while pods come and go`,
  run: async (stage) => {
    const { api, namespace } = stage;
    const allowlist = await start(stage);
    let checks = 0;
    let wrong = 0;
    const check = (): void => {
      checks++;
      if (!allowlist.allows(A) || !allowlist.allows(LAST) || allowlist.allows(FOREIGN_IP)) wrong++;
    };
    allowlist.onChange(check);
    const checking = setInterval(check, 1);
    stage.after(() => clearInterval(checking));
    const started = performance.now();
    const first = allowlist.pages;
    let changes = 0;
    let slowest = 0;
    while (allowlist.pages - first < RELISTS * PAGES) {
      await api.putPod({ namespace, name: 'z', ip: B });
      await until(() => allowlist.allows(B), 10_000);
      const from = performance.now();
      await api.deletePod('z', namespace);
      await until(() => !allowlist.allows(B), 10_000);
      slowest = Math.max(slowest, performance.now() - from);
      changes += 2;
    }
    must(wrong === 0, `${wrong} of ${checks} checks went wrong`);
    return {
      took: ms(performance.now() - started),
      changes: String(changes),
      checks: `${checks}, none wrong`,
      'slowest deletion': withinSecond(slowest),
    };
  },
};

export const RELISTS_SCENARIOS: readonly Scenario[] = [relists];
