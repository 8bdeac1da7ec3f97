import { describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { metricsPage } from './metrics-page.js';

describe(metricsPage.name, () => {
  it('is what docs/metrics.md says; if not, run `npm run docs`', () => {
    const page = readFileSync(new URL('../../docs/metrics.md', import.meta.url), 'utf8');
    expect(page).toBe(metricsPage());
  });
});
