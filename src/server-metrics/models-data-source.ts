import * as z from 'zod';
import { definePlugin } from '../scheduling/plugin-definition.js';
import { DATA_SOURCE, pathParameter, pollTls } from './data-source.schema.js';
import type { PollTls } from './polling/poll-settings.js';

export const MODELS_DATA_SOURCE = 'models-data-source';

const USUAL_INTERVAL_MS = 5000;

/** How servers are asked for the models that they serve. */
export class ModelsDataSource {
  /** @param interval milliseconds: adapters come and go */
  constructor(
    readonly path: string,
    readonly tls: PollTls | undefined,
    readonly interval: number = USUAL_INTERVAL_MS,
  ) {}
}

const parameters = z.strictObject({ path: pathParameter('/v1/models'), ...DATA_SOURCE });

export const modelsDataSource = definePlugin({
  type: MODELS_DATA_SOURCE,
  kinds: ['data-source'],
  summary: 'Asks model servers which models they serve, each 5 s unless told otherwise.',
  parameters,
  create: (given, { name }) =>
    new ModelsDataSource(given.path, pollTls(name, given), given.interval),
});
