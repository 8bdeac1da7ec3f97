// Rewrites docs/metrics.md from the compiled metric table.
import { writeFileSync } from 'node:fs';
import { metricsPage } from '../dist/metrics/metrics-page.js';

writeFileSync(new URL('../docs/metrics.md', import.meta.url), metricsPage());
