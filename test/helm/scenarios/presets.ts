import { readFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import { parse } from 'yaml';
import { the } from '../rig/objects.js';
import { must, type Scenario } from '../scenario.js';

const SOURCE = new URL('../../../config/picker.pd.yaml', import.meta.url);

/** Configurations of the picker that charts have by name. */
export const PRESETS: readonly Scenario[] = [
  {
    name: 'the preset prefill-decode is config/picker.pd.yaml',
    run: ({ helm }) => {
      const endpoints = [{ name: 'a', address: '10.0.0.1', port: 8000 }];
      const values = { modelServers: { endpoints }, picker: { plugins: 'prefill-decode' } };
      const objects = helm.objects({ chart: 'tandem-standalone', values });
      const preset = parse(the(objects, 'ConfigMap', '-picker')['data']['picker.yaml']);
      const source = parse(readFileSync(SOURCE, 'utf8'));
      const paths = [preset, source].map(({ plugins: [discovery] }) => discovery.parameters.path);
      must(paths[0] === '/etc/tandem/config/endpoints.yaml', `endpoints are read from ${paths[0]}`);
      source.plugins[0].parameters.path = paths[0];
      must(isDeepStrictEqual(preset, source), `it is ${JSON.stringify(preset)}`);
    },
  },
];
