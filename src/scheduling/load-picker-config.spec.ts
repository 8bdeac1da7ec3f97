import { describe, expect, it } from '@jest/globals';
import {
  OLD_PREFILL_DECODE,
  pickerConfig,
  PREFILL_DECODE,
  PREFIX_CACHING,
} from '../../test/support/picker-configs.js';
import { FakePluginTools } from '../../test/support/scheduling-harness.js';
import * as z from 'zod';
import { SERVER_METRICS_PLUGINS } from '../server-metrics/server-metrics-plugins.js';
import { DECIDER_PLUGINS } from './decider-plugins.js';
import { FILTER_PLUGINS } from './filter-plugins.js';
import { HANDLER_PLUGINS } from './handler-plugins.js';
import { loadPickerConfig } from './load-picker-config.js';
import { PARSER_PLUGINS } from './parser-plugins.js';
import { PICKER_PLUGINS } from './picker-plugins.js';
import type { PickerSetup } from './picker-setup.js';
import { definePlugin, type PluginDefinition, type PluginKind } from './plugin-definition.js';
import { PRODUCER_PLUGINS } from './producer-plugins.js';
import { SCORER_PLUGINS } from './scorer-plugins.js';

/** A type that nothing else here has. */
function standIn(type: string, kind: PluginKind): PluginDefinition {
  const parameters = z.strictObject({});
  return definePlugin({
    type,
    kinds: [kind],
    summary: 'Stands in.',
    parameters,
    create: () => ({}),
  });
}

const DEFINITIONS = [
  standIn('other-source', 'data-source'),
  standIn('a-detector', 'saturation-detector'),
  standIn('some-discovery', 'discovery'),
  standIn('a-fairness', 'fairness-policy'),
  ...FILTER_PLUGINS,
  ...SCORER_PLUGINS,
  ...PICKER_PLUGINS,
  ...HANDLER_PLUGINS,
  ...DECIDER_PLUGINS,
  ...PRODUCER_PLUGINS,
  ...PARSER_PLUGINS,
  ...SERVER_METRICS_PLUGINS,
];

function load(text: string | undefined): PickerSetup {
  return loadPickerConfig(
    text,
    DEFINITIONS,
    Object.assign(new FakePluginTools(), { source: 'test.yaml' }),
  );
}

/** Profiles as one reads them: filters, scorers with their weights, the picker. */
function profilesOf({ profiles }: PickerSetup): unknown {
  return Object.fromEntries(
    profiles.map(({ name, filters, scorers, picker }) => [
      name,
      [
        ...filters.map((each) => each.name),
        ...scorers.map((each) => `${each.name} × ${each.weight}`),
        picker.name,
      ],
    ]),
  );
}

function typesOf(plugins: readonly { readonly type: string }[]): string[] {
  return plugins.map(({ type }) => type);
}

describe(loadPickerConfig, () => {
  it("is llm-d's default configuration without a text", () => {
    const setup = load(undefined);
    expect(profilesOf(setup)).toEqual({
      default: [
        'queue-scorer × 2',
        'kv-cache-utilization-scorer × 2',
        'prefix-cache-scorer × 3',
        'max-score-picker',
      ],
    });
    expect(setup.handler.type).toBe('single-profile-handler');
    expect(typesOf(setup.producers)).toEqual(['token-producer', 'approx-prefix-cache-producer']);
    expect(setup.dataSources).toMatchObject([
      { source: { type: 'metrics-data-source' }, extractors: [{ type: 'core-metrics-extractor' }] },
    ]);
    expect(setup.parsers.parserFor('/v1/messages')?.readsBody).toBe(true);
    expect(setup.parsers.parserFor('/v1/audio/speech')?.readsBody).toBe(false);
    expect([setup.flowControl, setup.discovery]).toEqual([
      { isEnabled: false, section: {} },
      undefined,
    ]);
  });

  it('takes a configuration for prefill and decode as it is', () => {
    const setup = load(PREFILL_DECODE);
    expect(profilesOf(setup)).toEqual({
      prefill: [
        'prefill-filter',
        'prefix-cache-scorer × 3',
        'queue-scorer × 2',
        'kv-cache-utilization-scorer × 2',
        'max-score-picker',
      ],
      decode: [
        'decode-filter',
        'prefix-cache-scorer × 3',
        'active-request-scorer × 2',
        'max-score-picker',
      ],
    });
    expect(setup.handler.type).toBe('disagg-profile-handler');
    expect(typesOf(setup.headerWriters)).toEqual(['disagg-headers-handler']);
    expect(typesOf(setup.producers)).toEqual(['token-producer', 'approx-prefix-cache-producer']);
    expect(setup.warnings).toEqual([]);
  });

  it('takes a configuration of prefix caching as it is', () => {
    const setup = load(PREFIX_CACHING);
    expect(profilesOf(setup)).toEqual({
      default: [
        'by-prefix × 3',
        'no-hit-lru-scorer × 1.5',
        'queue-scorer × 1',
        'kv-cache-utilization-scorer × 1',
        'few',
      ],
    });
    expect(setup.producers.map(({ name }) => name)).toContain('prefixes');
    expect(setup.dataSources).toHaveLength(1);
    expect(setup.featureGates.get('haPopulateNonLeaderDatastore')).toBe(false);
    expect(setup.parsers.parserFor('/v1/messages')?.readsBody).toBe(false);
    expect(setup.warnings).toEqual([
      'requestHandler.parsers: passthrough-parser takes every path, anthropic-parser never gets one',
    ]);
  });

  it('makes one profile of all filters, scorers and pickers where none is given', () => {
    const text = pickerConfig(
      'plugins: [{type: queue-scorer}, {type: random-picker}, {type: decode-filter}, {type: token-producer}]',
    );
    expect(profilesOf(load(text))).toEqual({
      default: ['decode-filter', 'queue-scorer × 1', 'random-picker'],
    });
  });

  it('takes an empty configuration', () => {
    expect(profilesOf(load(pickerConfig('')))).toEqual({ default: ['max-score-picker'] });
  });

  it('takes JSON too', () => {
    const config = { apiVersion: 'llm-d.ai/v1alpha1', kind: 'EndpointPickerConfig' };
    expect(load(JSON.stringify(config)).profiles).toHaveLength(1);
  });

  it('gives profiles without a picker the max-score-picker of the configuration', () => {
    const text = pickerConfig(`
plugins:
- {name: two, type: max-score-picker, parameters: {maxNumOfEndpoints: 2}}
- {type: random-picker}
- {type: header-profile-handler}
schedulingProfiles:
- {name: decode, plugins: [{pluginRef: random-picker}]}
- {name: prefill}
`);
    expect(profilesOf(load(text))).toEqual({ decode: ['random-picker'], prefill: ['two'] });
  });

  it('makes no producer that is there under another name', () => {
    const text = pickerConfig(
      'plugins: [{name: mine, type: approx-prefix-cache-producer}, {type: prefix-cache-scorer}]',
    );
    expect(load(text).producers.map(({ name }) => name)).toEqual(['token-producer', 'mine']);
  });

  it('makes plugins in the order of their references, not of the list', () => {
    const text = pickerConfig(`
plugins:
- {type: disagg-profile-handler, parameters: {deciders: {prefill: late}}}
- {name: late, type: always-disagg-pd-decider}
schedulingProfiles: [{name: decode}, {name: prefill}]
`);
    const names = [...load(text).plugins.keys()];
    expect(names.indexOf('late')).toBeLessThan(names.indexOf('disagg-profile-handler'));
  });

  it.each([
    ['nothing', '', { flowControl: false }],
    ['a name', 'featureGates: [flowControl]', { flowControl: true }],
    ['a value', 'featureGates: ["flowControl=true"]', { flowControl: true }],
    ['false', 'featureGates: ["flowControl=false"]', { flowControl: false }],
    [
      'the last of several',
      'featureGates: [flowControl, "flowControl=false"]',
      { flowControl: false },
    ],
  ])('reads feature gates: %s', (_, text, gates) => {
    const { featureGates } = load(pickerConfig(text));
    expect(Object.fromEntries(featureGates)).toMatchObject(gates);
  });

  it.each([
    ['no defaults', 'dataLayer: {injectDefaults: false}', []],
    [
      'another source',
      'dataLayer: {sources: [{pluginRef: other-source}]}',
      ['metrics-data-source', 'other-source'],
    ],
    [
      'the metrics',
      'dataLayer: {sources: [{pluginRef: metrics-data-source}]}',
      ['metrics-data-source'],
    ],
  ])('reads the data layer: %s', (_, text, types) => {
    expect(load(pickerConfig(text)).dataSources.map(({ source }) => source.type)).toEqual(types);
  });

  it.each([
    ['the section flowControl without its gate', 'flowControl: {maxRequests: 5}', 'featureGates'],
    ['the old parser', 'parser: {pluginRef: openai-parser}', 'requestHandler.parsers'],
    [
      'peers',
      'plugins: [{type: random-picker}]\ndataLayer: {peerDiscovery: {pluginRef: x}}',
      'peerDiscovery',
    ],
    [
      'a parser that comes again',
      'plugins: [{name: other, type: openai-parser}]\nrequestHandler: {parsers: [{pluginRef: openai-parser}, {pluginRef: other}]}',
      'other',
    ],
    [
      'a plugin that does nothing in a profile',
      'plugins: [{type: token-producer}]\nschedulingProfiles: [{name: a, plugins: [{pluginRef: token-producer}]}]',
      'token-producer',
    ],
  ])('warns of %s', (_, text, words) => {
    const { warnings } = load(pickerConfig(text));
    expect(warnings.filter((warning) => warning.includes(words))).toHaveLength(1);
  });

  it('warns of the old group and of old names, and takes them', () => {
    const setup = load(OLD_PREFILL_DECODE);
    expect(profilesOf(setup)).toEqual({
      prefill: ['prefill-filter', 'load-aware-scorer × 10', 'max-score-picker'],
      decode: ['decode-filter', 'load-aware-scorer × 10', 'max-score-picker'],
    });
    expect(setup.warnings.join('\n')).toMatch(/old[^]*disagg-headers-handler/);
  });

  it('finds the detector in the section, else beside it', () => {
    const list = 'plugins: [{name: new, type: a-detector}, {name: old, type: a-detector}]\n';
    const old = 'saturationDetector: {pluginRef: old}\n';
    const section = 'flowControl: {saturationDetector: {pluginRef: new}}';
    expect(load(pickerConfig(list + old)).saturationDetector?.name).toBe('old');
    expect(load(pickerConfig(list + old + section)).saturationDetector?.name).toBe('new');
  });

  it('hands on the section flowControl, and discovery', () => {
    const setup = load(
      pickerConfig(`
featureGates: [flowControl]
plugins: [{type: some-discovery, name: file}, {type: a-fairness, name: fair}]
flowControl:
  maxBytes: 1G
  defaultRequestTTL: 30s
  priorityBands: [{priority: 5, fairnessPolicyRef: fair}]
dataLayer: {discovery: {pluginRef: file}}
`),
    );
    expect(setup.discovery?.type).toBe('some-discovery');
    expect(setup.flowControl).toMatchObject({
      isEnabled: true,
      section: { maxBytes: 1e9, defaultRequestTTL: 30_000 },
    });
    expect(setup.warnings).toEqual([]);
  });

  it('finds endpoints by a plugin that is listed and not named, and says so', () => {
    const { discovery, warnings } = load(pickerConfig('plugins: [{type: some-discovery}]'));
    expect([discovery?.name, warnings]).toEqual([
      'some-discovery',
      ['some-discovery finds the endpoints: name it in dataLayer.discovery'],
    ]);
  });
});
