import { dataParallelProfileHandler } from './handlers/data-parallel-profile-handler.js';
import { disaggHeadersHandler } from './handlers/disagg-headers-handler.js';
import { disaggProfileHandler } from './handlers/disagg-profile-handler.js';
import { headerProfileHandler } from './handlers/header-profile-handler.js';
import { pdProfileHandler } from './handlers/pd-profile-handler.js';
import { singleProfileHandler } from './handlers/single-profile-handler.js';
import type { PluginDefinition } from './plugin-definition.js';

/** Those that say which profiles run, and what model servers are told of it. */
export const HANDLER_PLUGINS: readonly PluginDefinition[] = [
  singleProfileHandler,
  disaggProfileHandler,
  headerProfileHandler,
  pdProfileHandler,
  dataParallelProfileHandler,
  disaggHeadersHandler,
];
