import * as z from 'zod';
import { definePlugin } from '../scheduling/plugin-definition.js';
import { DATA_SOURCE, pathParameter, pollTls } from './data-source.schema.js';
import type { PollTls } from './polling/poll-settings.js';

export const METRICS_DATA_SOURCE = 'metrics-data-source';

/** How servers are asked for their metrics. */
export class MetricsDataSource {
  /** @param selectNames large pages are asked for by names, where the server can do that @param interval milliseconds */
  constructor(
    readonly path: string,
    readonly tls: PollTls | undefined,
    readonly selectNames: boolean,
    readonly interval: number | undefined,
  ) {}
}

const parameters = z.strictObject({
  path: pathParameter('/metrics'),
  ...DATA_SOURCE,
  selectNames: z
    .boolean()
    .default(true)
    .describe('Servers that can do it are asked only for the metrics that are read (`name[]`).'),
});

export const metricsDataSource = definePlugin({
  type: METRICS_DATA_SOURCE,
  kinds: ['data-source'],
  summary: 'Asks model servers for their metrics, in the text format of Prometheus.',
  parameters,
  create: (given, { name }) =>
    new MetricsDataSource(given.path, pollTls(name, given), given.selectNames, given.interval),
});
