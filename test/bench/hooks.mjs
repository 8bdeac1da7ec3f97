/**
 * Lets Node run the bench's TypeScript as it is: a relative `./x.js` import is looked up as `./x.ts`
 * where only that exists. Preloaded with `node --import ./test/bench/hooks.mjs`.
 */
import { existsSync } from 'node:fs';
import { registerHooks } from 'node:module';

registerHooks({
  resolve(specifier, context, next) {
    if (specifier.startsWith('.') && specifier.endsWith('.js') && context.parentURL) {
      const source = new URL(specifier.replace(/\.js$/, '.ts'), context.parentURL);
      if (existsSync(source)) return next(source.href, context);
    }
    return next(specifier, context);
  },
});
