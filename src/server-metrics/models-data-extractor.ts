import * as z from 'zod';
import { definePlugin } from '../scheduling/plugin-definition.js';

/** Reads lists of models as OpenAI's API has them. */
export class ModelsDataExtractor {
  /** @returns ids of the models; undefined for what is no list of models */
  models(page: Buffer): readonly string[] | undefined {
    let list: { data?: unknown } | null;
    try {
      list = JSON.parse(page.toString('utf8')) as typeof list;
    } catch {
      return undefined;
    }
    if (!Array.isArray(list?.data)) return undefined;
    return list.data.flatMap((model: { id?: unknown } | null) =>
      typeof model?.id === 'string' ? [model.id] : [],
    );
  }
}

export const modelsDataExtractor = definePlugin({
  type: 'models-data-extractor',
  kinds: ['data-extractor'],
  summary: 'Reads from lists of models which ones an endpoint serves.',
  parameters: z.strictObject({}),
  create: () => new ModelsDataExtractor(),
});
