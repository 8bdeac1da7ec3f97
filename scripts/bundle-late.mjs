// Plugins of esbuild for what is read when it is used and not when a program starts.
import { isBuiltin } from 'node:module';

/** Packages that are files of their own in the bundle, by these files' names: few starts need them, or none before the first probe. */
export const LATE = { axios: 'axios', x509: '@peculiar/x509', yaml: 'yaml' };

/**
 * Built-in modules are loaded when something of them is used, not when they are imported: few starts need
 * HTTP/2, zlib or worker threads. An import would read each of their properties besides, and that of `node:http`
 * alone loads all of undici (30 ms, 8 MiB) for a WebSocket that nobody uses.
 */
export const builtins = {
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

const FILES = new Map(Object.entries(LATE).map(([file, name]) => [name, `./${file}.js`]));

/** See {@link LATE}; what uses them stays as it is, synchronous too. */
export const late = {
  name: 'late',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: new RegExp(`^(?:${[...FILES.keys()].join('|')})$`) }, ({ path, kind }) => {
      if (kind === 'entry-point') return undefined;
      if (kind === 'dynamic-import') return { path: FILES.get(path), external: true };
      return { path, namespace: 'late' };
    });
    onResolve({ filter: /./, namespace: 'late' }, ({ path }) => ({ path, external: true }));
    onLoad({ filter: /./, namespace: 'late' }, async ({ path }) => ({
      contents: whenUsed(`require("${FILES.get(path)}").default`, Object.keys(await import(path))),
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
