import { describe, expect, it } from '@jest/globals';
import { pickerConfig } from '../../../test/support/picker-configs.js';
import { FakePluginTools } from '../../../test/support/scheduling-harness.js';
import { ConfigError } from '../../config/config-error.js';
import { DECIDER_PLUGINS } from '../decider-plugins.js';
import { FILTER_PLUGINS } from '../filter-plugins.js';
import { HANDLER_PLUGINS } from '../handler-plugins.js';
import { loadPickerConfig } from '../load-picker-config.js';
import { PARSER_PLUGINS } from '../parser-plugins.js';
import { PICKER_PLUGINS } from '../picker-plugins.js';
import { definePlugin } from '../plugin-definition.js';
import * as z from 'zod';
import { SCORER_PLUGINS } from '../scorer-plugins.js';

/** Names another plugin, so that two of them can name each other. */
const friend = definePlugin({
  type: 'friend-producer',
  kinds: ['producer'],
  summary: 'Has a friend.',
  parameters: z.strictObject({ friend: z.string().optional() }),
  references: (given) => (given.friend === undefined ? [] : [given.friend]),
  create: () => ({}),
});

const closed: string[] = [];
const closing = definePlugin({
  type: 'closing-producer',
  kinds: ['producer'],
  summary: 'Notes that it was closed.',
  parameters: z.strictObject({}),
  create: (_, { name }) => ({ close: () => void closed.push(name) }),
});

const DEFINITIONS = [
  ...FILTER_PLUGINS,
  ...SCORER_PLUGINS,
  ...PICKER_PLUGINS,
  ...HANDLER_PLUGINS,
  ...DECIDER_PLUGINS,
  ...PARSER_PLUGINS,
  friend,
  closing,
];

function mistakeIn(text: string): string {
  const tools = Object.assign(new FakePluginTools(), { source: 'test.yaml' });
  try {
    loadPickerConfig(text, DEFINITIONS, tools);
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
  throw new Error('there is no mistake');
}

describe('mistakes in an EndpointPickerConfig', () => {
  it.each([
    ['no YAML', 'plugins: [', ['line 1', 'YAML']],
    ['a key that comes twice', pickerConfig('plugins: []\nplugins: []'), ['line 4', 'unique']],
    ['a text', 'hello', ['mapping']],
    ['a list', '[]', ['mapping']],
    ['nothing', '', ['mapping']],
    ['another kind', 'apiVersion: llm-d.ai/v1alpha1\nkind: Pod', ['"Pod"', 'EndpointPickerConfig']],
    ['no apiVersion', 'kind: EndpointPickerConfig', ['apiVersion is missing', 'llm-d.ai/v1alpha1']],
    ['another version', 'apiVersion: llm-d.ai/v9\nkind: EndpointPickerConfig', ['llm-d.ai/v9']],
  ])('%s', (_, text, words) => {
    for (const word of words) expect(mistakeIn(text)).toContain(word);
  });

  it.each([
    ['an unknown key', 'pluginz: []', ['"pluginz"', 'plugins']],
    [
      'a key that is no member',
      'plugins: [{type: queue-scorer, paramaters: {}}]',
      ['"plugins[0].paramaters"', 'parameters'],
    ],
    [
      'a key of a profile',
      'schedulingProfiles: [{name: a, plugin: []}]',
      ['schedulingProfiles[0].plugin', 'plugins'],
    ],
    [
      'a key of the data layer',
      'dataLayer: {injectDefault: true}',
      ['dataLayer.injectDefault', 'injectDefaults'],
    ],
    [
      'a key of flow control',
      'flowControl: {maxRequest: 1}',
      ['flowControl.maxRequest', 'maxRequests'],
    ],
    ['a list that is none', 'plugins: {type: queue-scorer}', ['plugins', 'list']],
    ['a plugin without a type', 'plugins: [{name: a}]', ['plugins[0].type', 'missing']],
    [
      'a weight that is no number',
      'plugins: [{type: queue-scorer}]\nschedulingProfiles: [{name: a, plugins: [{pluginRef: queue-scorer, weight: heavy}]}]',
      ['weight', 'number'],
    ],
    ['an unknown type', 'plugins: [{type: queue-scorers}]', ['"queue-scorers"', 'queue-scorer?']],
    ['a type like no other', 'plugins: [{type: zebra}]', ['"zebra"', 'such as decode-filter']],
    [
      'a scorer like no other',
      'plugins: [{type: my-very-own-scorer}]',
      ['"my-very-own-scorer"', '-scorer'],
    ],
    [
      "a type of llm-d's",
      'plugins: [{type: vllmgrpc-parser}]',
      ['"vllmgrpc-parser"', 'llm-d has', 'vllmhttp-parser?'],
    ],
    [
      'a name that comes twice',
      'plugins: [{type: queue-scorer}, {type: random-picker, name: queue-scorer}]',
      ['"queue-scorer"', 'two plugins'],
    ],
    [
      'an unknown parameter',
      'plugins: [{type: max-score-picker, parameters: {maxNumOfEndpoint: 1}}]',
      ['"max-score-picker"', '"maxNumOfEndpoint"', 'maxNumOfEndpoints'],
    ],
    [
      'a parameter of another type',
      'plugins: [{name: p, type: max-score-picker, parameters: {maxNumOfEndpoints: many}}]',
      ['"p"', 'max-score-picker', 'maxNumOfEndpoints'],
    ],
    [
      'parameters that are no mapping',
      'plugins: [{type: queue-scorer, parameters: [1]}]',
      ['plugins[0].parameters'],
    ],
    ['a gate', 'featureGates: [flowControls]', ['"flowControls"', 'flowControl?']],
    ['the value of a gate', 'featureGates: ["flowControl=maybe"]', ['"flowControl=maybe"']],
    [
      'a reference of a profile',
      'plugins: [{type: queue-scorer}]\nschedulingProfiles: [{name: a, plugins: [{pluginRef: queue-score}]}]',
      ['"a"', '"queue-score"', 'queue-scorer?'],
    ],
    [
      'a plugin that is not listed',
      'schedulingProfiles: [{name: a, plugins: [{pluginRef: queue-scorer}]}]',
      ['"queue-scorer"', 'not among the plugins'],
    ],
    [
      'a profile without a name',
      'schedulingProfiles: [{plugins: []}]',
      ['schedulingProfiles[0].name'],
    ],
    [
      'a profile that comes twice',
      'plugins: [{type: header-profile-handler}]\nschedulingProfiles: [{name: a}, {name: a}]',
      ['"a"', 'two scheduling profiles'],
    ],
    [
      'a second picker',
      'plugins: [{type: random-picker}, {type: max-score-picker}]',
      ['"random-picker"', '"max-score-picker"'],
    ],
    [
      'a second handler',
      'plugins: [{type: single-profile-handler}, {type: header-profile-handler}]',
      ['"header-profile-handler"'],
    ],
    [
      'several profiles without a handler',
      'schedulingProfiles: [{name: a}, {name: b}]',
      ['a, b', 'disagg-profile-handler'],
    ],
    [
      'several profiles of the single-profile-handler',
      'plugins: [{type: single-profile-handler}]\nschedulingProfiles: [{name: a}, {name: b}]',
      ['"single-profile-handler"', 'a, b'],
    ],
    [
      'a handler without its profile',
      'plugins: [{type: disagg-profile-handler}]\nschedulingProfiles: [{name: a}]',
      ['"disagg-profile-handler"', '"decode"'],
    ],
    [
      'a decider that is not there',
      'plugins: [{type: disagg-profile-handler, parameters: {deciders: {prefill: nobody}}}]\nschedulingProfiles: [{name: decode}]',
      ['"disagg-profile-handler"', '"nobody"'],
    ],
    [
      'a decider that is none',
      'plugins: [{type: queue-scorer}, {type: disagg-profile-handler, parameters: {deciders: {prefill: queue-scorer}}}]\nschedulingProfiles: [{name: decode}]',
      ['"queue-scorer"', 'no decider'],
    ],
    [
      'a parser that is not there',
      'requestHandler: {parsers: [{pluginRef: mine}]}',
      ['"mine"', 'requestHandler.parsers'],
    ],
    [
      'a parser that is none',
      'plugins: [{type: queue-scorer}]\nrequestHandler: {parsers: [{pluginRef: queue-scorer}]}',
      ['"queue-scorer"', 'parser'],
    ],
    [
      'a detector that is not there',
      'saturationDetector: {pluginRef: mine}',
      ['"mine"', 'saturationDetector'],
    ],
    [
      'discovery that is not there',
      'dataLayer: {discovery: {pluginRef: mine}}',
      ['"mine"', 'dataLayer.discovery'],
    ],
    [
      'a source that is not there',
      'dataLayer: {sources: [{pluginRef: mine}]}',
      ['"mine"', 'dataLayer.sources'],
    ],
    [
      'a policy that is not there',
      'featureGates: [flowControl]\nflowControl: {priorityBands: [{priority: 1, fairnessPolicyRef: mine}]}',
      ['"mine"', 'fairnessPolicyRef'],
    ],
    [
      'plugins that name each other',
      'plugins: [{name: a, type: friend-producer, parameters: {friend: b}}, {name: b, type: friend-producer, parameters: {friend: a}}]',
      ['a → b → a'],
    ],
  ])('%s', (_, rest, words) => {
    const mistake = mistakeIn(pickerConfig(rest));
    expect(mistake).toMatch(/^test\.yaml: [^\n]+$/);
    for (const word of words) expect(mistake).toContain(word);
  });

  it('closes what was made before the mistake was seen', () => {
    closed.length = 0;
    mistakeIn(
      pickerConfig(
        'plugins: [{type: closing-producer}, {type: disagg-profile-handler}]\nschedulingProfiles: [{name: a}]',
      ),
    );
    expect(closed).toEqual(['closing-producer']);
  });
});
