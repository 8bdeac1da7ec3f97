import * as z from 'zod';
import { definePlugin, type PluginDefinition } from './plugin-definition.js';

/** @returns a source that has nothing to do: plugins are told of endpoints by themselves */
function notificationSource(type: string, of: string): PluginDefinition {
  return definePlugin({
    type,
    kinds: ['data-source'],
    summary: `Has no effect: plugins that care for ${of} are told of them without it, whatever is listed as its extractors.`,
    parameters: z.strictObject({}),
    create: () => ({}),
  });
}

/** Sources of llm-d's configurations that Tandem can do without. */
export const NOTIFICATION_SOURCE_PLUGINS: readonly PluginDefinition[] = [
  notificationSource('endpoint-notification-source', 'endpoints'),
  notificationSource('k8s-notification-source', 'objects of Kubernetes'),
];

/** @returns whether it is one of these */
export function isNotificationSource({ type }: PluginDefinition): boolean {
  return NOTIFICATION_SOURCE_PLUGINS.some((source) => source.type === type);
}
