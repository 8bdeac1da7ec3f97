// Which packages the bundle leaves to node_modules: one a line, in order.
//   node scripts/image/imports.mjs FOLDER      such as dist/bundle
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Named by packages that ask for them if they are there, where no program of ours gets to. */
const NEVER = new Set([
  'class-transformer',
  'class-validator',
  // Nest's validator of uploads.
  'file-type',
  '@nestjs/microservices',
  // Programs hand Nest the adapter, which is in the bundle.
  '@nestjs/platform-express',
  '@nestjs/websockets',
]);
/** `from"x"`, `import"x"`, `import("x")` and `require("x")` as the bundle has them, without white space; neither a path nor `node:x`. */
const IMPORT = /\b(?:from|import|import\(|require\()"((?:@[\w.-]+\/)?[\w-][\w.-]*)(?:\/[^"]*)?"/g;

const [folder] = process.argv.slice(2);
const files = folder === undefined ? [] : globSync('*.js', { cwd: folder });
if (files.length === 0) {
  process.stderr.write('imports: give the folder of a bundle, such as dist/bundle\n');
  process.exit(1);
}
const named = files.flatMap((file) =>
  [...readFileSync(join(folder, file), 'utf8').matchAll(IMPORT)].map(([, name]) => name),
);
const wanted = [...new Set(named)].filter((name) => !NEVER.has(name)).sort();
process.stdout.write(wanted.map((name) => `${name}\n`).join(''));
