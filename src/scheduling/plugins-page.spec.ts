import { describe, expect, it } from '@jest/globals';
import * as z from 'zod';
import { definePlugin } from './plugin-definition.js';
import { pluginsPage } from './plugins-page.js';

const parameters = z.strictObject({
  threshold: z.int().min(1).default(5).describe('Where it ends.'),
  part: z.number().min(0).max(1).optional().describe('How much | of it.'),
  mode: z.enum(['fast', 'slow']).default('fast'),
  inner: z.strictObject({ name: z.string().describe('Whose.') }).prefault({ name: 'x' }),
  size: z.strictObject({ width: z.int(), height: z.int() }).default({ width: 6, height: 4 }),
  range: z.strictObject({ min: z.number().gt(0) }).optional(),
  limits: z.array(z.string()).describe('All of them.'),
});

const plugin = definePlugin({
  type: 'some-scorer',
  aliases: ['old-scorer'],
  kinds: ['scorer', 'filter'],
  summary: 'Scores some.',
  parameters,
  create: () => ({}),
});

describe(pluginsPage, () => {
  const page = pluginsPage([plugin]);

  it('says what a plugin does and is', () => {
    expect(page).toContain(
      '## Scorers\n\n### some-scorer\n\nScores some. Used as scorer and filter. Also called `old-scorer`.',
    );
  });

  it('lists parameters with what may be given, the default and the meaning', () => {
    const rows = page.split('\n').filter((line) => line.startsWith('| `'));
    expect(rows).toEqual([
      '| `threshold` | integer, at least 1 | `5` | Where it ends. |',
      '| `part` | number, 0 to 1 | – | How much \\| of it. |',
      '| `mode` | `fast`, `slow` | `fast` |  |',
      '| `inner.name` | string | `x` | Whose. |',
      '| `size.width` | integer | `6` |  |',
      '| `size.height` | integer | `4` |  |',
      '| `range.min` | number, above 0 | required in it |  |',
      '| `limits` | list | required | All of them. |',
    ]);
  });

  it('has no section without plugins', () => {
    expect(page).not.toContain('## Pickers');
  });

  it('says what llm-d has and is not there', () => {
    expect(page).toContain('`latency-scorer`');
    expect(pluginsPage([{ ...plugin, type: 'latency-scorer' }])).not.toContain('`latency-scorer`');
  });
});
