// Joins what was compiled into dist, and the packages that it needs, into a few files in dist/bundle: a start
// then reads tens of files instead of a thousand. What is imported dynamically stays apart and is read when it
// is needed. Names stay, and lines short, so that stack traces can be read.
//   node scripts/bundle.mjs [--outdir=FOLDER] [--sourcemap]
import { build } from 'esbuild';
import { readdir, rm } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { builtins, LATE, late } from './bundle-late.mjs';
import { allMet, without } from './bundle-without.mjs';

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
const LAZY = ['@grpc/*', '@kubernetes/client-node', '@opentelemetry/*', 'file-type'];

/** CommonJS packages call these; a module has none of them. */
const BANNER = `const require = (id) => process.getBuiltinModule('node:module').createRequire(import.meta.url)(id);
const __filename = import.meta.filename;
const __dirname = import.meta.dirname;`;

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

/** Nest would load Express by itself if it were given none; bootstrap.ts gives it one, and a chunk of its own is spared. */
const express = {
  name: 'express',
  setup({ onResolve }) {
    onResolve({ filter: /^@nestjs\/platform-express$/ }, ({ path, kind }) =>
      kind === 'dynamic-import' ? { path, external: true } : undefined,
    );
  },
};

/** Threads: each is started by its file's name, which lies beside the program. */
const THREADS = { 'poll-thread': 'dist/server-metrics/polling/poll-thread.js' };

/** What the builds share. */
const options = {
  absWorkingDir: root,
  outdir,
  bundle: true,
  sourcemap,
  format: 'esm',
  platform: 'node',
  target: 'node24',
  external: [...NOT_INSTALLED, ...LAZY],
  plugins: [without, builtins, late, express, rxjs],
  // Names stay as they are: Nest and its logs ask classes for theirs.
  minifyWhitespace: true,
  minifySyntax: true,
  lineLimit: 160,
  banner: { js: BANNER },
  legalComments: 'none',
  logLevel: 'warning',
  logOverride: { 'require-resolve-not-external': 'silent' },
  metafile: true,
};

const builds = await Promise.all([
  build({ ...options, entryPoints: { main: 'dist/main.js' }, splitting: true }),
  build({ ...options, entryPoints: THREADS }),
  // Whole, each: with the programs they would share chunks, and every start reads those. Made of modules where
  // a package has them: a dynamic import of CommonJS would lose the names.
  build({ ...options, entryPoints: LATE, mainFields: ['module', 'main'] }),
]);
allMet();

// Chunks carry a hash of their content: those of earlier builds would pile up.
const written = builds.flatMap(({ metafile }) => Object.keys(metafile.outputs));
const current = new Set(written.map((path) => path.split('/').at(-1)));
for (const { name } of (await readdir(outdir, { withFileTypes: true })).filter((one) =>
  one.isFile(),
)) {
  if (!current.has(name)) await rm(`${outdir}/${name}`);
}
