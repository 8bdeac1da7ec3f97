import { describe, expect, it } from '@jest/globals';
import { FakePluginTools } from '../../test/support/scheduling-harness.js';
import { POLICY_SPELLINGS } from '../policy/policies.js';
import { HANDLER_PLUGINS } from './handler-plugins.js';
import { loadPickerConfig } from './load-picker-config.js';
import { PARSER_PLUGINS } from './parser-plugins.js';
import { PICKER_PLUGINS } from './picker-plugins.js';
import { ROUTING_LOGIC_NAMES, routingLogicConfig } from './routing-logics.js';

describe(routingLogicConfig, () => {
  it.each([...ROUTING_LOGIC_NAMES, ...POLICY_SPELLINGS])('makes a profile of %s', (logic) => {
    const setup = loadPickerConfig(
      routingLogicConfig(logic),
      [...HANDLER_PLUGINS, ...PARSER_PLUGINS, ...PICKER_PLUGINS],
      Object.assign(new FakePluginTools(), { source: '--routing-logic' }),
    );
    expect(setup.profiles).toMatchObject([
      { name: 'default', filters: [], scorers: [], picker: { name: logic, type: 'router-policy' } },
    ]);
    expect([setup.dataSources, setup.warnings]).toEqual([[], []]);
  });
});
