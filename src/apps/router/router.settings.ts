import { defineSettings, type ConfigOf } from '../../config/setting.js';
import { DISCOVERY_SETTINGS } from './settings/discovery.settings.js';
import { FOREIGN_FLAGS } from './settings/foreign.settings.js';
import { HEALTH_SETTINGS } from './settings/health.settings.js';
import { KEY_LIMIT_SETTINGS } from './settings/key-limit.settings.js';
import { KV_SETTINGS } from './settings/kv.settings.js';
import { LIMIT_SETTINGS } from './settings/limit.settings.js';
import { LISTENING_SETTINGS } from './settings/listening.settings.js';
import { LOG_SETTINGS } from './settings/log.settings.js';
import { OPERATION_SETTINGS } from './settings/operation.settings.js';
import { PAIR_SETTINGS } from './settings/pair.settings.js';
import { POLICY_SETTINGS } from './settings/policy.settings.js';
import { RETRY_BUDGET_SETTINGS } from './settings/retry-budget.settings.js';
import { RETRY_SETTINGS } from './settings/retry.settings.js';
import { SEEING_SETTINGS } from './settings/seeing.settings.js';
import { TRACING_SETTINGS } from './settings/tracing.settings.js';
import { WORKER_SETTINGS } from './settings/worker.settings.js';

/** All that the router can be told. */
export const routerSettings = defineSettings({
  program: 'router',
  summary: 'Spreads OpenAI-style requests over many model servers.',
  settings: {
    ...LISTENING_SETTINGS,
    ...WORKER_SETTINGS,
    ...DISCOVERY_SETTINGS,
    ...POLICY_SETTINGS,
    ...KV_SETTINGS,
    ...PAIR_SETTINGS,
    ...HEALTH_SETTINGS,
    ...LIMIT_SETTINGS,
    ...KEY_LIMIT_SETTINGS,
    ...RETRY_SETTINGS,
    ...RETRY_BUDGET_SETTINGS,
    ...LOG_SETTINGS,
    ...OPERATION_SETTINGS,
    ...SEEING_SETTINGS,
    ...TRACING_SETTINGS,
  },
  inert: FOREIGN_FLAGS,
});

export type RouterConfig = ConfigOf<typeof routerSettings.settings>;
