import type { MediaTokens } from '../../openai/prompt-words.js';

export interface Resolution {
  readonly width: number;
  readonly height: number;
}

/** How media are estimated; the members are those of the configuration. */
export interface MediaEstimate {
  readonly image: {
    readonly mode: 'dynamic' | 'static';
    /** Of images whose size the request does not show. */
    readonly defaultResolution: Resolution;
    /** Pixels of a token. */
    readonly dynamic: { readonly factor: number };
    /** Tokens of an image, whatever its size. */
    readonly static: { readonly staticToken: number };
  };
  readonly video: {
    readonly defaultResolution: Resolution;
    /** Seconds. */
    readonly defaultDuration: number;
    /** 0: no limit. */
    readonly maxVideoTokens: number;
    readonly tokensPerFrame: {
      readonly mode: 'dynamic' | 'static';
      readonly dynamic: { readonly factor: number };
      readonly static: { readonly numTokensPerFrame: number };
    };
    readonly frames: {
      readonly mode: 'sampled' | 'strided';
      readonly minFrames: number;
      /** 0: no limit. */
      readonly maxFrames: number;
      readonly sampled: { readonly sampleFPS: number; readonly temporalPatchSize: number };
      readonly strided: { readonly defaultSourceFPS: number; readonly frameStride: number };
    };
  };
}

/** Of audio, in base64: compressed speech has more, raw sound fewer tokens than this gives. */
const AUDIO_BYTES_A_TOKEN = 1024;
/** No medium takes more place than this in what is hashed, whatever a configuration says. */
const MOST = 65_536;

/** @returns tokens by medium, at least one each; sizes are not looked up in the data */
export function mediaTokensOf({ image, video }: MediaEstimate): MediaTokens {
  const pixels = image.defaultResolution.width * image.defaultResolution.height;
  const ofImage =
    image.mode === 'static' ? image.static.staticToken : pixels / image.dynamic.factor;
  const ofVideo = videoTokens(video);
  return (medium, _bytes, start, end) => {
    if (medium === 'image') return bounded(ofImage);
    return bounded(medium === 'video' ? ofVideo : (end - start) / AUDIO_BYTES_A_TOKEN);
  };
}

function videoTokens(video: MediaEstimate['video']): number {
  const { tokensPerFrame, frames, defaultResolution, defaultDuration, maxVideoTokens } = video;
  const { sampled, strided } = frames;
  const wanted =
    frames.mode === 'sampled'
      ? defaultDuration * sampled.sampleFPS
      : (defaultDuration * strided.defaultSourceFPS) / strided.frameStride;
  const most = frames.maxFrames > 0 ? frames.maxFrames : Infinity;
  const merged = frames.mode === 'sampled' ? Math.max(1, sampled.temporalPatchSize) : 1;
  const count = Math.min(most, Math.max(frames.minFrames, wanted)) / merged;
  const { width, height } = defaultResolution;
  const each =
    tokensPerFrame.mode === 'static'
      ? tokensPerFrame.static.numTokensPerFrame
      : (width * height) / tokensPerFrame.dynamic.factor;
  return Math.min(count * each, maxVideoTokens > 0 ? maxVideoTokens : Infinity);
}

function bounded(tokens: number): number {
  return Math.min(MOST, Math.max(1, Math.floor(tokens)));
}
