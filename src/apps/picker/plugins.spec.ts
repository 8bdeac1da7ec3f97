import { describe, expect, it } from '@jest/globals';
import {
  EARLY_PREFILL_DECODE,
  OLD_PREFILL_DECODE,
  pickerConfig,
  PRECISE_PREFIX_CACHING,
  PREFILL_DECODE,
  PREFIX_CACHING,
  SOFT_CEILINGS,
  WARM_CACHES,
} from '../../../test/support/picker-configs.js';
import { FakePluginTools } from '../../../test/support/scheduling-harness.js';
import { loadPickerConfig } from '../../scheduling/load-picker-config.js';
import type { PickerSetup } from '../../scheduling/picker-setup.js';
import { PLUGINS } from './plugins.js';

function load(text: string | undefined): PickerSetup {
  const tools = Object.assign(new FakePluginTools(), { source: 'test.yaml' });
  const setup = loadPickerConfig(text, PLUGINS, tools);
  for (const { plugin } of setup.listeners) plugin.close?.();
  return setup;
}

describe('PLUGINS', () => {
  it('has no name twice', () => {
    const names = PLUGINS.flatMap(({ type, aliases = [] }) => [type, ...aliases]);
    expect(names.filter((name, i) => names.indexOf(name) !== i)).toEqual([]);
  });

  it.each([
    ['the default one', undefined],
    ['an empty one', pickerConfig('')],
    ['prefill and decode', PREFILL_DECODE],
    ['precise prefix caching', PRECISE_PREFIX_CACHING],
    ['warm caches', WARM_CACHES],
    ['soft ceilings', SOFT_CEILINGS],
    ['flow control', pickerConfig('featureGates: [flowControl]\nflowControl: {maxRequests: 100}')],
  ])('has all that a configuration needs: %s', (_, text) => {
    const setup = load(text);
    expect(setup.warnings).toEqual([]);
    expect(setup.saturationDetector?.type).toBe('utilization-detector');
    expect(setup.dataSources).toHaveLength(1);
  });

  it('takes configurations of older releases', () => {
    for (const text of [OLD_PREFILL_DECODE, EARLY_PREFILL_DECODE, PREFIX_CACHING]) load(text);
    const detector =
      'plugins: [{type: utilization-detector}]\nsaturationDetector: {pluginRef: utilization-detector}';
    expect(load(pickerConfig(detector)).warnings).toHaveLength(1);
  });

  it('has whatever plugins with default parameters name or need', () => {
    for (const { type, parameters, kinds } of PLUGINS) {
      if (!parameters.safeParse({}).success || kinds.includes('profile-handler')) continue;
      const needs = load(pickerConfig(`plugins: [{type: ${type}}]`)).warnings;
      expect([type, needs.filter((warning) => warning.includes('needs'))]).toEqual([type, []]);
    }
  });
});
