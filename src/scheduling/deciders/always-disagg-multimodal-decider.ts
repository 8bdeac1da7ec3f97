import * as z from 'zod';
import { findMember } from '../../openai/json-object.js';
import type { GenerateApi } from '../../openai/api.js';
import { mediaItemsOf } from '../../openai/media-items.js';
import type { InferenceRequest } from '../inference-request.js';
import { definePlugin } from '../plugin-definition.js';
import type { Decider } from '../plugin.js';

/** @returns the API whose shape the body has, as far as media matter */
function shapeOf({ path, body }: InferenceRequest): GenerateApi {
  if (body && !findMember(body, 'messages')) return 'responses';
  return path.endsWith('/messages') ? 'messages' : 'chat_completions';
}

export const alwaysDisaggMultimodalDecider = definePlugin({
  type: 'always-disagg-multimodal-decider',
  kinds: ['decider'],
  summary: 'Has images, audio and video encoded elsewhere; text alone is not.',
  parameters: z.strictObject({}),
  create: (): Decider => ({
    disaggregates: (request) => {
      const { body } = request;
      return body !== undefined && mediaItemsOf(shapeOf(request), body, 1).length > 0;
    },
  }),
});
