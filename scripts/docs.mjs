/**
 * Writes the pages that are generated from the program; run by `npm run docs`, after the build.
 * With --check it writes nothing and fails, naming the pages that are stale.
 */
import { readFile, writeFile } from 'node:fs/promises';
import * as prettier from 'prettier';
import { fileSchema } from '../dist/config/json-schema.js';
import { configurationPage } from '../dist/config/reference.js';
import { sidecarSettings } from '../dist/apps/sidecar/sidecar.settings.js';
import { compatibilityPage } from '../dist/apps/router/compatibility/page.js';
import { routerSettings } from '../dist/apps/router/router.settings.js';
import { pickerSettings } from '../dist/apps/picker/picker.settings.js';
import { PLUGINS } from '../dist/apps/picker/plugins.js';
import { metricsPage } from '../dist/metrics/metrics-page.js';
import { pluginsPage } from '../dist/scheduling/plugins-page.js';
import { CHART_PAGES } from './helm/generate.mjs';
import { routerSettingsFile } from './helm/router-settings.mjs';

const PAGES = {
  'docs/configuration.md': () => configurationPage(sidecarSettings),
  'docs/router-configuration.md': () => configurationPage(routerSettings),
  'docs/picker-configuration.md': () => configurationPage(pickerSettings),
  'docs/metrics.md': metricsPage,
  'docs/picker-plugins.md': () => pluginsPage(PLUGINS),
  'docs/router-compatibility.md': compatibilityPage,
  'docs/router.schema.json': () => JSON.stringify(fileSchema(routerSettings)),
  'docs/sidecar.schema.json': () => JSON.stringify(fileSchema(sidecarSettings)),
  ...CHART_PAGES,
  'helm/tandem-router/files/settings.json': routerSettingsFile,
};

const root = new URL('../', import.meta.url);
const style = await prettier.resolveConfig(new URL('package.json', root));
const isCheck = process.argv.includes('--check');

for (const [path, make] of Object.entries(PAGES)) {
  const file = new URL(path, root);
  const page = await prettier.format(await make(), { ...style, filepath: path });
  if (!isCheck) await writeFile(file, page);
  else if ((await readFile(file, 'utf8').catch(() => '')) !== page) {
    console.error(`${path} is stale: run npm run docs and commit it`);
    process.exitCode = 1;
  }
}
