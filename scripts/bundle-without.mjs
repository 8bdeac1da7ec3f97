// What packages bring along that no program of ours can reach, and what stands in its place in the bundle. Each
// row costs time and memory at every start. Whatever is left out throws when it is used after all, with its name.
import { readFile } from 'node:fs/promises';

/** A CommonJS module whose functions say that they are not there. */
function refusing(name, ...functions) {
  const refuse = `() => { throw new Error(${JSON.stringify(`${name} is not in the bundle (scripts/bundle-without.mjs)`)}); }`;
  return functions.length === 0
    ? `module.exports = ${refuse};`
    : `module.exports = { ${functions.map((key) => `${key}: ${refuse}`).join(', ')} };`;
}

/** Answers carry few media types, and none is looked up by a file's name. */
async function mediaTypes(path) {
  const all = JSON.parse(await readFile(path, 'utf8'));
  const kept = ['application/json', 'application/octet-stream', 'text/html', 'text/plain'];
  return `module.exports = ${JSON.stringify(Object.fromEntries(kept.map((type) => [type, all[type]])))};`;
}

/** Formatters of dates load ICU (12 ms); Nest makes two for loggers that ours stands in for. */
async function lateDateFormat(path) {
  const source = await readFile(path, 'utf8');
  return replaced(source, [
    [
      'const dateTimeFormatter = new Intl.DateTimeFormat(',
      'const dateTimeFormatter = () => new Intl.DateTimeFormat(',
    ],
    ['return dateTimeFormatter.format(', 'return dateTimeFormatter().format('],
  ]);
}

/** Nothing is injected of what Terminus checks: databases, disks, other services. */
async function ownIndicators(path) {
  const source = await readFile(path, 'utf8');
  return replaced(source, [
    [/^export \* from '\.\/(?:http|database|microservice|disk|memory)\/.*$/gm, ''],
  ]);
}

async function withoutGlobalFormData(path) {
  const source = await readFile(path, 'utf8');
  return replaced(source, [
    ["typeof G.FormData !== 'undefined' ? G.FormData : undefined", 'undefined'],
  ]);
}

function replaced(source, pairs) {
  return pairs.reduce((text, [from, to]) => {
    const next = text.replace(from, to);
    if (next === text) throw new Error(`not found any more: ${from}`);
    return next;
  }, source);
}

/** Files of packages, by the end of their path, and what makes their contents. */
const REPLACED = {
  // Bodies are never parsed by Express: `bodyParser: false`, and 550 KB are tables of character sets.
  'body-parser/index.js': () => refusing('body-parser', 'json', 'raw', 'text', 'urlencoded'),
  'cors/lib/index.js': () => refusing('cors'),
  // `DEBUG=express:*` prints nothing.
  'debug/src/index.js': () => 'module.exports = () => Object.assign(() => {}, { enabled: false });',
  // Configuration is read by us, before Nest's ConfigModule is made.
  'dotenv-expand/lib/main.js': () => refusing('dotenv-expand', 'expand'),
  'mime-db/db.json': mediaTypes,
  // The query of a request is the engine's; Express reads it with node:querystring when asked.
  'qs/lib/index.js': () => refusing('qs', 'parse', 'stringify'),
  // axios asks for health by node:http alone: no forms, no proxies, no fetch, for whose sake it would load all of undici (5 MiB).
  'axios/lib/adapters/fetch.js': () => 'export const getFetch = () => false; export default false;',
  'axios/lib/utils.js': withoutGlobalFormData,
  'https-proxy-agent/dist/index.js': () => refusing('https-proxy-agent'),
  'form-data/lib/form_data.js': () => refusing('form-data'),
  // Files are not served.
  'send/index.js': () => refusing('send'),
  'serve-static/index.js': () => refusing('serve-static'),
  // Log lines go to our own sinks: no worker threads, no stream of pino's.
  'pino/lib/transport.js': () => refusing('pino transport'),
  'sonic-boom/index.js': () =>
    'module.exports = class SonicBoom { constructor() { throw new Error("sonic-boom is not in the bundle (scripts/bundle-without.mjs)"); } };',
  'prom-client/lib/pushgateway.js': () => refusing('prom-client pushgateway'),
  // Messages of errors in forty languages; ours are our own.
  'zod/v4/locales/index.js': () => 'export {};',
  '@nestjs/common/services/console-logger.service.js': lateDateFormat,
  '@nestjs/common/services/logger.service.js': lateDateFormat,
  '@nestjs/core/repl/index.js': () => 'export {};',
  '@nestjs/platform-express/multer/index.js': () => 'export {};',
  '@nestjs/terminus/dist/health-indicator/index.js': ownIndicators,
  '@nestjs/terminus/dist/health-indicator/health-indicators.provider.js': () =>
    'export const HEALTH_INDICATORS = [];',
};

const met = new Set();

/** @throws when a file was met in no build: a package has moved it */
export function allMet() {
  const gone = Object.keys(REPLACED).filter((end) => !met.has(end));
  if (gone.length > 0) throw new Error(`scripts/bundle-without.mjs: not met: ${gone.join(', ')}`);
}

/** esbuild plugin that puts these in the place of files. */
export const without = {
  name: 'without',
  setup({ onLoad, onResolve }) {
    const ends = Object.keys(REPLACED).map((end) => end.replaceAll(/[.]/g, '\\.'));
    onLoad({ filter: new RegExp(`/node_modules/(?:${ends.join('|')})$`) }, async ({ path }) => {
      const end = Object.keys(REPLACED).find((key) => path.endsWith(`/node_modules/${key}`));
      met.add(end);
      return { contents: await REPLACED[end](path), loader: 'js' };
    });
    // Of OpenTelemetry prom-client needs only what belongs to exemplars, which are off.
    onResolve({ filter: /^@opentelemetry\/api$/ }, ({ importer }) =>
      importer.includes('/prom-client/') ? { path: 'none', namespace: 'none' } : undefined,
    );
    onLoad({ filter: /./, namespace: 'none' }, () => ({ contents: 'module.exports = {};' }));
  },
};
