// Writes the declarations of the library (`import { startRouter } from 'tandem'`) beside it; run by the build.
import { readFile, writeFile } from 'node:fs/promises';
import { libraryDeclarations } from '../dist/apps/router/library/declarations.js';
import { routerSettings } from '../dist/apps/router/router.settings.js';

const handle = await readFile(
  new URL('../src/apps/router/library/handle.ts', import.meta.url),
  'utf8',
);
const file = new URL('../dist/apps/router/library.d.ts', import.meta.url);
await writeFile(file, libraryDeclarations(routerSettings, handle));
