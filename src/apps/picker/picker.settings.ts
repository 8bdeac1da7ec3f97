import { LOGGING_SETTINGS } from '../../config/logging.settings.js';
import { defineSettings, type ConfigOf } from '../../config/setting.js';
import { DISCOVERY_SETTINGS } from './settings/discovery.settings.js';
import { FOREIGN_FLAGS } from './settings/foreign.settings.js';
import { LISTENING_SETTINGS } from './settings/listening.settings.js';
import { SCHEDULING_SETTINGS } from './settings/scheduling.settings.js';
import { SEED_SETTINGS } from './settings/seed.settings.js';
import { SERVER_METRICS_SETTINGS } from './settings/server-metrics.settings.js';
import { TRACING_SETTINGS } from './settings/tracing.settings.js';

/** All that the picker can be told. */
export const pickerSettings = defineSettings({
  program: 'picker',
  summary: "Envoy's ext_proc service: picks the model server of each request.",
  settings: {
    ...LISTENING_SETTINGS,
    ...DISCOVERY_SETTINGS,
    ...SCHEDULING_SETTINGS,
    ...SERVER_METRICS_SETTINGS,
    ...SEED_SETTINGS,
    ...TRACING_SETTINGS,
    ...LOGGING_SETTINGS,
  },
  inert: FOREIGN_FLAGS,
});

export type PickerConfig = ConfigOf<typeof pickerSettings.settings>;
