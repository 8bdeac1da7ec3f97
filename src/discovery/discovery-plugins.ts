import * as z from 'zod';
import { definePlugin, type PluginDefinition } from '../scheduling/plugin-definition.js';
import { FileDiscovery } from './file-discovery.js';

/** `file-discovery`: endpoints come from a file, and no Kubernetes API is needed. */
const FILE_DISCOVERY = definePlugin({
  type: 'file-discovery',
  summary: 'Finds endpoints in a file of YAML or JSON, and follows its changes.',
  kinds: ['discovery'],
  parameters: z.strictObject({
    path: z
      .string()
      .min(1)
      .describe('The file; a relative path begins at the working directory of the picker.'),
    watchFile: z
      .boolean()
      .default(true)
      .describe('Changes of the file take effect; false: it is read once.'),
  }),
  create: (parameters, { logger }) => new FileDiscovery(parameters, logger),
});

/** What a configuration may name as `dataLayer.discovery`. */
export const DISCOVERY_PLUGINS: readonly PluginDefinition[] = [FILE_DISCOVERY];
