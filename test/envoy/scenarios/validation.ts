import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { BODY_SEND_MODES, plannedConfig, type EnvoyPlan } from '../rig/envoy-config.js';
import { must, type Scenario } from '../scenario.js';

const PLANS: readonly Omit<EnvoyPlan, 'picker'>[] = [
  { file: 'envoy.yaml' },
  { file: 'envoy/standalone.yaml' },
  { file: 'envoy/override-host.yaml', servers: [8000] },
  ...BODY_SEND_MODES.map(
    (request) => ({ file: 'envoy/override-host.yaml', servers: [8000], request }) as const,
  ),
];

/** That the files are whole: Envoy reads them without opening a port. */
export const VALIDATION: readonly Scenario[] = [
  {
    name: 'Envoy accepts the files of config/, and warns of nothing',
    run: ({ envoy, folder }) => {
      for (const [at, plan] of PLANS.entries()) {
        const ports = { data: 1, admin: 2, operations: 3 };
        const config = plannedConfig({ ...plan, picker: 4 }, ports, envoy.version);
        const file = join(folder, `${at}.json`);
        writeFileSync(file, JSON.stringify(config));
        const args = ['--mode', 'validate', '-c', file, '-l', 'warning'];
        const stdio = ['ignore', 'pipe', 'pipe'] as const;
        const said = execFileSync('sh', ['-c', '"$@" 2>&1', 'sh', envoy.path, ...args], {
          encoding: 'utf8',
          stdio: [...stdio],
        });
        must(said.includes(' OK') && !said.includes('[warning]'), `${plan.file}: ${said}`);
      }
      return Promise.resolve({ configurations: String(PLANS.length) });
    },
  },
];
