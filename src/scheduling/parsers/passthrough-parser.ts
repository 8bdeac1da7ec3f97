import * as z from 'zod';
import type { RequestParser } from '../parser-table.js';
import { definePlugin } from '../plugin-definition.js';

/** Takes whatever no other parser takes, and does not look into it. */
export class PassthroughParser implements RequestParser {
  readonly paths = [];
  readonly readsBody = false;

  mistakeIn(): undefined {
    return undefined;
  }
}

export const passthroughParser = definePlugin({
  type: 'passthrough-parser',
  kinds: ['parser'],
  summary: 'Takes every path that no other parser takes; bodies may be anything.',
  parameters: z.strictObject({}),
  create: () => new PassthroughParser(),
});
