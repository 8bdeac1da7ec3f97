import { maxScorePicker } from './pickers/max-score-picker.js';
import { randomPicker } from './pickers/random-picker.js';
import { routerPolicy } from './pickers/router-policy.js';
import { weightedRandomPicker } from './pickers/weighted-random-picker.js';
import type { PluginDefinition } from './plugin-definition.js';

/** Those that take endpoints by their totals, or by a policy of the router. */
export const PICKER_PLUGINS: readonly PluginDefinition[] = [
  maxScorePicker,
  randomPicker,
  weightedRandomPicker,
  routerPolicy,
];
