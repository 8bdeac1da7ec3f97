// Joins what was compiled into dist, and the packages that it needs, into a few files in dist/bundle: a start
// then reads tens of files instead of a thousand. What is imported dynamically stays apart and is read when it
// is needed. Names and line breaks stay, so that stack traces can be read.
//   node scripts/bundle.mjs [--outdir=FOLDER] [--sourcemap]
import { build } from 'esbuild';
import { readdir, rm } from 'node:fs/promises';
import { isBuiltin } from 'node:module';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

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
const LAZY = ['@grpc/*', '@kubernetes/client-node', '@opentelemetry/*', '@peculiar/x509'];

/** CommonJS packages call these; a module has none of them. */
const BANNER = `const require = process.getBuiltinModule('node:module').createRequire(import.meta.url);
const __filename = import.meta.filename;
const __dirname = import.meta.dirname;`;

/**
 * Built-in modules are taken as objects, not imported: an import reads each of their properties, and that of
 * `node:http` alone loads all of undici (30 ms, 8 MiB) for a WebSocket that nobody uses.
 */
const builtins = {
  name: 'builtins',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^[a-z_:/0-9]+$/ }, ({ path, kind }) =>
      isBuiltin(path) && kind !== 'require-call' ? { path, namespace: 'builtin' } : undefined,
    );
    onLoad({ filter: /./, namespace: 'builtin' }, ({ path }) => ({
      contents: `module.exports = process.getBuiltinModule(${JSON.stringify(path)});`,
    }));
  },
};

const { metafile } = await build({
  absWorkingDir: root,
  entryPoints: ['dist/main.js'],
  outdir,
  bundle: true,
  sourcemap,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node24',
  external: [...NOT_INSTALLED, ...LAZY],
  plugins: [builtins],
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
