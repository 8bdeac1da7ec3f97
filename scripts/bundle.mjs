// Joins what was compiled into dist, and the packages that it needs, into a few files in dist/bundle: a start
// then reads tens of files instead of a thousand. What is imported dynamically stays apart and is read when it
// is needed. Names stay, and lines short, so that stack traces can be read.
//   node scripts/bundle.mjs [--outdir=FOLDER] [--sourcemap]
import { build } from 'esbuild';
import { readdir, rm } from 'node:fs/promises';
import { isBuiltin } from 'node:module';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { without } from './bundle-without.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const { outdir, sourcemap } = parseArgs({
  options: {
    outdir: { type: 'string', default: `${root}dist/bundle` },
    sourcemap: { type: 'boolean', default: false },
  },
}).values;

/** Packages that others ask for if they are there; they are not. */
const NOT_INSTALLED = [
  '@mikro-orm/*',
  '@nestjs/axios',
  '@nestjs/microservices',
  '@nestjs/mongoose',
  '@nestjs/sequelize',
  '@nestjs/typeorm',
  '@nestjs/websockets',
  'class-transformer',
  'class-validator',
  'mongoose',
  'sequelize',
  'typeorm',
];

/** Packages that few starts need, some of them CommonJS with names that a dynamic import of a bundle loses. */
const LAZY = [
  '@grpc/*',
  '@kubernetes/client-node',
  '@opentelemetry/*',
  '@peculiar/x509',
  'file-type',
];

/** Packages that are files of their own, read when something of them is used: few starts need them. */
const LATE = ['yaml'];

/** CommonJS packages call these; a module has none of them. */
const BANNER = `const require = (id) => process.getBuiltinModule('node:module').createRequire(import.meta.url)(id);
const __filename = import.meta.filename;
const __dirname = import.meta.dirname;`;

/**
 * Built-in modules are loaded when something of them is used, not when they are imported: few starts need
 * HTTP/2, zlib or worker threads. An import would read each of their properties besides, and that of `node:http`
 * alone loads all of undici (30 ms, 8 MiB) for a WebSocket that nobody uses.
 */
const builtins = {
  name: 'builtins',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^[a-z_:/0-9]+$/ }, ({ path }) =>
      isBuiltin(path) ? { path: path.replace(/^node:/, ''), namespace: 'builtin' } : undefined,
    );
    onLoad({ filter: /./, namespace: 'builtin' }, ({ path }) => {
      const module = `process.getBuiltinModule(${JSON.stringify(path)})`;
      const value = process.getBuiltinModule(path);
      // Those that are functions are called as such, and these small ones are there anyway.
      if (typeof value === 'function' || AT_HAND.has(path))
        return { contents: `module.exports = ${module};` };
      return { contents: whenUsed(module, Object.keys(value)) };
    });
  },
};

/** Built-in modules that Node has loaded before it runs a program. */
const AT_HAND = new Set([
  'buffer',
  'diagnostics_channel',
  'fs',
  'module',
  'net',
  'path',
  'process',
  'stream',
  'timers',
  'url',
  'util',
  'vm',
]);

/** See {@link LATE}; what uses them stays as it is, synchronous. */
const late = {
  name: 'late',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: new RegExp(`^(?:${LATE.join('|')})$`) }, ({ path, kind }) =>
      kind === 'entry-point' ? undefined : { path, namespace: 'late' },
    );
    onResolve({ filter: /./, namespace: 'late' }, ({ path }) => ({ path, external: true }));
    onLoad({ filter: /./, namespace: 'late' }, async ({ path }) => ({
      contents: whenUsed(`require("./${path}.js").default`, Object.keys(await import(path))),
    }));
  },
};

/** A CommonJS module with these names, whose values are asked of `load` when they are. */
function whenUsed(load, names) {
  return `let loaded;
for (const name of ${JSON.stringify(names)}) {
  Object.defineProperty(module.exports, name, { enumerable: true, get: () => (loaded ??= ${load})[name] });
}`;
}

/** RxJS as modules, of which only what is used is taken. */
const rxjs = {
  name: 'rxjs',
  setup({ onResolve }) {
    onResolve({ filter: /^rxjs(?:\/operators)?$/ }, ({ path }) => ({
      path: `${root}node_modules/rxjs/dist/esm/${path === 'rxjs' ? '' : 'operators/'}index.js`,
      sideEffects: false,
    }));
  },
};

const { metafile } = await build({
  absWorkingDir: root,
  entryPoints: { main: 'dist/main.js', ...Object.fromEntries(LATE.map((name) => [name, name])) },
  outdir,
  bundle: true,
  sourcemap,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node24',
  external: [...NOT_INSTALLED, ...LAZY],
  plugins: [without, builtins, late, rxjs],
  minifyWhitespace: true,
  minifySyntax: true,
  lineLimit: 160,
  banner: { js: BANNER },
  legalComments: 'none',
  logLevel: 'warning',
  logOverride: { 'require-resolve-not-external': 'silent' },
  metafile: true,
});

// Chunks carry a hash of their content: those of earlier builds would pile up.
const current = new Set(Object.keys(metafile.outputs).map((path) => path.split('/').at(-1)));
for (const name of await readdir(outdir)) {
  if (!current.has(name)) await rm(`${outdir}/${name}`);
}
