/**
 * Writes the pages that are generated from the program. Run by `npm run docs`, after the build.
 * Specs in src/config compare them with the program, so that a stale page fails `npm test`.
 */
import { writeFile } from 'node:fs/promises';
import * as prettier from 'prettier';
import { fileSchema } from '../dist/config/json-schema.js';
import { configurationPage } from '../dist/config/reference.js';
import { sidecarSettings } from '../dist/config/sidecar.settings.js';

const PAGES = {
  'docs/configuration.md': () => configurationPage(sidecarSettings),
  'docs/sidecar.schema.json': () => JSON.stringify(fileSchema(sidecarSettings)),
};

const root = new URL('../', import.meta.url);
const style = await prettier.resolveConfig(new URL('package.json', root));
for (const [path, make] of Object.entries(PAGES)) {
  await writeFile(new URL(path, root), await prettier.format(make(), { ...style, filepath: path }));
}
