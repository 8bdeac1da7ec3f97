import { describe, expect, it } from '@jest/globals';
import { SilentLogger } from '../logging/silent-logger.js';
import { HANDLER_PLUGINS } from './handler-plugins.js';
import { loadPickerConfig } from './load-picker-config.js';
import { PARSER_PLUGINS } from './parser-plugins.js';
import { PICKER_PLUGINS } from './picker-plugins.js';

const DEFINITIONS = [...HANDLER_PLUGINS, ...PARSER_PLUGINS, ...PICKER_PLUGINS];
const tools = {
  logger: new SilentLogger(),
  now: () => 0,
  random: () => 0,
  services: {},
  source: 'test.yaml',
};

describe(loadPickerConfig, () => {
  it('makes one profile of all plugins where none is given', () => {
    const setup = loadPickerConfig(
      'apiVersion: llm-d.ai/v1alpha1\nkind: EndpointPickerConfig\nplugins: [{type: random-picker}]',
      DEFINITIONS,
      tools,
    );
    expect(setup.profiles.map(({ name, picker }) => [name, picker.name])).toEqual([
      ['default', 'random-picker'],
    ]);
    expect(setup.handler.type).toBe('single-profile-handler');
  });
});
