import { ParserTable, type RequestParser } from '../parser-table.js';
import type { NamedPlugin } from '../picker-setup.js';
import type { ConfigDocument } from './config-document.js';
import type { PlannedPlugin, PluginPlan } from './plugin-plan.js';

const DEFAULT_PARSERS = [
  'openai-parser',
  'anthropic-parser',
  'vllmhttp-parser',
  'passthrough-parser',
];

/**
 * @returns the parsers of the configuration, in its order; without any llm-d's
 * @throws ConfigError on an unknown plugin, or one that is something else
 */
export function planParsers(
  { requestHandler, parser }: ConfigDocument,
  plan: PluginPlan,
): readonly PlannedPlugin[] {
  if (parser) plan.warnings.push('parser is old: write it into requestHandler.parsers');
  const listed = requestHandler?.parsers?.length ? requestHandler.parsers : parser ? [parser] : [];
  const names = listed.length > 0 ? listed.map(({ pluginRef }) => pluginRef) : DEFAULT_PARSERS;
  return names.map((name) => plan.requireOrDefault(name, 'parser', 'requestHandler.parsers'));
}

/** A type that comes again is left out, and what stands behind the one that takes every path. */
export function parserTableOf(
  parsers: readonly NamedPlugin<RequestParser>[],
  warnings: string[],
): ParserTable {
  const types = new Set<string>();
  const used: RequestParser[] = [];
  for (const { name, type, plugin } of parsers) {
    if (types.has(type)) {
      warnings.push(`requestHandler.parsers: ${name} is the second ${type}, it is left out`);
      continue;
    }
    types.add(type);
    used.push(plugin);
    if (plugin.paths.length > 0) continue;
    const behind = parsers.slice(parsers.findIndex((each) => each.plugin === plugin) + 1);
    if (behind.length > 0) {
      const names = behind.map((each) => each.name).join(', ');
      warnings.push(`requestHandler.parsers: ${name} takes every path, ${names} never gets one`);
    }
    break;
  }
  return new ParserTable(used);
}
