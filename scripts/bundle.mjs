// Joins what was compiled into dist, and the packages that it needs, into a few files in dist/bundle: a start
// then reads tens of files instead of a thousand. What is imported dynamically stays apart and is read when it
// is needed. Names and line breaks stay, so that stack traces can be read.
import { build } from 'esbuild';
import { readdir, rm } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

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
const BANNER = `import { createRequire as createRequireOfBundle } from 'node:module';
const require = createRequireOfBundle(import.meta.url);
const __filename = import.meta.filename;
const __dirname = import.meta.dirname;`;

const outdir = `${root}dist/bundle`;
const { metafile } = await build({
  absWorkingDir: root,
  entryPoints: ['dist/main.js'],
  outdir,
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node24',
  external: [...NOT_INSTALLED, ...LAZY],
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
