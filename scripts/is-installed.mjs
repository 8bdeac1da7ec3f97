// Exits with 0 when node_modules holds what package-lock.json asks for. Any Node can run it.
import { readFileSync } from 'node:fs';

const packagesOf = (file) =>
  JSON.parse(readFileSync(new URL(`../${file}`, import.meta.url))).packages;

const wanted = packagesOf('package-lock.json');
const present = packagesOf('node_modules/.package-lock.json');
const isSame = Object.entries(wanted).every(
  ([path, entry]) =>
    path === '' ||
    (present[path] ? present[path].integrity === entry.integrity : entry.optional === true),
);
process.exitCode = isSame ? 0 : 1;
