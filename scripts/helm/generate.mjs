// Makes of each chart's values.yaml and of the schemas in charts/ what must not be written twice: values.schema.json
// (JSON Schema draft 7, which every helm 3 and 4 reads) and the table of values in README.md.
import { readFile } from 'node:fs/promises';
import { readdirSync } from 'node:fs';
import * as z from 'zod';
import { describedValues } from './described-values.mjs';
import { readme } from './readme.mjs';
import { requireWhatCannotBeEmpty } from './required.mjs';

const CHARTS = readdirSync(new URL('charts/', import.meta.url)).map((file) => file.slice(0, -4));

/** Generated files by their path from the project's root: functions that give their text. */
export const CHART_PAGES = Object.fromEntries(
  CHARTS.flatMap((chart) => [
    [`helm/${chart}/values.schema.json`, async () => JSON.stringify((await read(chart)).schema)],
    [`helm/${chart}/README.md`, async () => readme(await read(chart))],
  ]),
);

async function read(chart) {
  const folder = new URL(`../../helm/${chart}/`, import.meta.url);
  const { values } = await import(`./charts/${chart}.mjs`);
  const text = await readFile(new URL('values.yaml', folder), 'utf8');
  return { chart, folder, ...describedSchema({ chart, values, text }) };
}

/**
 * @param options.values zod schema of a chart's values
 * @param options.text of values.yaml, whose comments describe them
 * @returns the schema as JSON Schema, and the values with what describes them
 * @throws Error that names a value which one of the two lacks, or that nothing describes
 */
export function describedSchema({ chart, values, text }) {
  const described = describedValues(text);
  const schema = { title: `Values of ${chart}`, ...toJsonSchema(values) };
  describe(schema, described, chart);
  return { described, schema };
}

function toJsonSchema(values) {
  const schema = z.toJSONSchema(values, {
    target: 'draft-7',
    io: 'input',
    override: ({ jsonSchema }) => {
      const settings = jsonSchema['x-settings'];
      if (settings) {
        delete jsonSchema['x-settings'];
        Object.assign(jsonSchema, settingsSchema(settings));
      }
      if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
      if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
    },
  });
  requireWhatCannotBeEmpty(schema);
  return JSON.parse(JSON.stringify(schema, forGo));
}

/** Helm's regular expressions are Go's, which have no \\u. */
function forGo(key, value) {
  if (key !== 'pattern' || typeof value !== 'string') return value;
  return value.replaceAll(/\\u([\da-f]{4})/gi, (_, code) =>
    String.fromCharCode(parseInt(code, 16)),
  );
}

function settingsSchema({ properties, isOpen }) {
  return { type: 'object', additionalProperties: isOpen, properties };
}

function describe(schema, described, chart) {
  const file = `helm/${chart}/values.yaml`;
  for (const row of described) {
    const name = row.path.join('.');
    const place = at(schema, row.path);
    if (place === undefined)
      throw new Error(`${file}: ${name} is not in scripts/helm/charts/${chart}.mjs`);
    if (row.description) place.description = row.description;
    else row.description = place.description ?? '';
    if (!row.isGroup && !row.description)
      throw new Error(`${file}: ${name} has no comment that describes it`);
  }
  const known = new Set(described.map(({ path }) => path.join('.')));
  const unsaid = described
    .filter(({ isGroup }) => !isGroup)
    .map(({ path }) => `${path.join('.')}.`);
  for (const path of pathsOf(schema)) {
    if (known.has(path) || unsaid.some((start) => path.startsWith(start))) continue;
    throw new Error(`${file} lacks ${path}`);
  }
}

function at(schema, path) {
  let place = schema;
  for (const key of path) place = place?.properties?.[key];
  return place;
}

/** Helm's own, and what has defaults elsewhere: settings have them in the program. */
const UNLISTED = new Set(['global', 'tandem-lib', 'enabled']);

function* pathsOf(schema, path = []) {
  for (const [key, value] of Object.entries(schema.properties ?? {})) {
    const own = [...path, key];
    if (UNLISTED.has(own.join('.')) || key === 'config' || value.deprecated) continue;
    yield own.join('.');
    yield* pathsOf(value, own);
  }
}
