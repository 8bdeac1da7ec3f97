import { plannedFlag } from '../../config/inert.js';
import { boolean } from '../../config/kinds.js';
import { defineSettings, type ConfigOf } from '../../config/setting.js';
import { DISCOVERY_SETTINGS } from './settings/discovery.settings.js';
import { HEALTH_SETTINGS } from './settings/health.settings.js';
import { LIMIT_SETTINGS } from './settings/limit.settings.js';
import { LISTENING_SETTINGS } from './settings/listening.settings.js';
import { LOG_SETTINGS } from './settings/log.settings.js';
import { OPERATION_SETTINGS } from './settings/operation.settings.js';
import { POLICY_SETTINGS } from './settings/policy.settings.js';
import { RETRY_SETTINGS } from './settings/retry.settings.js';
import { WORKER_SETTINGS } from './settings/worker.settings.js';

/** Flags of parts that are not here: what asks for such a part is an error, not a surprise. */
const PLANNED = [
  plannedFlag('pd-disaggregation', boolean(), false),
  plannedFlag('vllm-pd-disaggregation', boolean(), false),
];

/** All that the router can be told. */
export const routerSettings = defineSettings({
  program: 'router',
  summary: 'Spreads OpenAI-style requests over many model servers.',
  settings: {
    ...LISTENING_SETTINGS,
    ...WORKER_SETTINGS,
    ...DISCOVERY_SETTINGS,
    ...POLICY_SETTINGS,
    ...HEALTH_SETTINGS,
    ...LIMIT_SETTINGS,
    ...RETRY_SETTINGS,
    ...LOG_SETTINGS,
    ...OPERATION_SETTINGS,
  },
  inert: PLANNED,
});

export type RouterConfig = ConfigOf<typeof routerSettings.settings>;
