import * as z from 'zod';

const resolution = z
  .strictObject({ width: z.int().min(1), height: z.int().min(1) })
  .default({ width: 640, height: 360 });

const frames = z
  .strictObject({
    mode: z.enum(['sampled', 'strided']).default('sampled'),
    minFrames: z.int().min(0).default(0),
    maxFrames: z.int().min(0).default(0),
    sampled: z
      .strictObject({
        sampleFPS: z.number().positive().default(1),
        temporalPatchSize: z.int().min(0).default(1),
      })
      .prefault({}),
    strided: z
      .strictObject({
        defaultSourceFPS: z.number().positive().default(24),
        frameStride: z.int().min(1).default(1),
      })
      .prefault({}),
  })
  .prefault({});

const image = z
  .strictObject({
    mode: z.enum(['dynamic', 'static']).default('dynamic'),
    defaultResolution: resolution,
    dynamic: z.strictObject({ factor: z.number().positive().default(1024) }).prefault({}),
    static: z.strictObject({ staticToken: z.int().min(0).default(0) }).prefault({}),
  })
  .prefault({});

const video = z
  .strictObject({
    defaultResolution: resolution,
    defaultDuration: z.number().positive().default(10),
    maxVideoTokens: z.int().min(0).default(0),
    tokensPerFrame: z
      .strictObject({
        mode: z.enum(['dynamic', 'static']).default('dynamic'),
        dynamic: z.strictObject({ factor: z.number().positive().default(1024) }).prefault({}),
        static: z.strictObject({ numTokensPerFrame: z.int().min(0).default(0) }).prefault({}),
      })
      .prefault({}),
    frames,
  })
  .prefault({});

/** How tokens are estimated of prompts that are not tokenized: those of texts by their bytes, four a token. */
export const estimate = z
  .strictObject({ image, video })
  .prefault({})
  .describe('Tokens of images and videos, as in llm-d: by a resolution, or a fixed number.');
