import { describe, expect, it } from '@jest/globals';
import {
  inferenceRequest,
  matchOf,
  pluginOf,
  server,
} from '../../../test/support/scheduling-harness.js';
import { readJsonObject } from '../../openai/json-object.js';
import type { Decider } from '../plugin.js';
import { APPROXIMATE_PREFIX_PRODUCER } from '../prefix-match.js';
import { TOKEN_PRODUCER } from '../token-count.js';
import { alwaysDisaggMultimodalDecider } from './always-disagg-multimodal-decider.js';
import { alwaysDisaggPdDecider } from './always-disagg-pd-decider.js';
import { prefixBasedPdDecider } from './prefix-based-pd-decider.js';

const decoder = server(1);

describe('prefix-based-pd-decider', () => {
  it.each<[string, object, number, number, boolean]>([
    ['nothing is said', {}, 5000, 0, false],
    ['as many are not cached', { nonCachedTokens: 512 }, 1024, 8, true],
    ['one less is not', { nonCachedTokens: 512 }, 1023, 8, false],
    ['all is cached', { nonCachedTokens: 1 }, 1024, 16, false],
    ['the prompt is shorter', { nonCachedTokens: 512 }, 511, 0, false],
    ['the prompt is long enough', { nonCachedTokens: 10, promptTokens: 100 }, 100, 0, true],
    ['the prompt is too short', { nonCachedTokens: 10, promptTokens: 100 }, 99, 0, false],
  ])('decides where %s', (_, parameters, count, cachedBlocks, expected) => {
    const sut = pluginOf<Decider>(prefixBasedPdDecider, parameters);
    const request = inferenceRequest();
    request.attributes.set(TOKEN_PRODUCER, { count });
    const match = matchOf([decoder], [cachedBlocks], { totalBlocks: 16, blockSize: 64 });
    request.attributes.set(APPROXIMATE_PREFIX_PRODUCER, match);
    expect(sut.disaggregates(request, decoder)).toBe(expected);
  });

  it('takes nothing for cached where nobody says or nobody is picked', () => {
    const sut = pluginOf<Decider>(prefixBasedPdDecider, { nonCachedTokens: 100 });
    const request = inferenceRequest({ text: 'x'.repeat(400) });
    expect(sut.disaggregates(request, decoder)).toBe(true);
    const match = matchOf([decoder], [16], { totalBlocks: 16, blockSize: 64 });
    request.attributes.set(APPROXIMATE_PREFIX_PRODUCER, match);
    expect(sut.disaggregates(request, decoder)).toBe(false);
    expect(sut.disaggregates(request, undefined)).toBe(true);
  });

  it('asks the producer that it is told', () => {
    const parameters = { nonCachedTokens: 100, prefixMatchInfoProducerName: 'precise' };
    const sut = pluginOf<Decider>(prefixBasedPdDecider, parameters);
    const request = inferenceRequest({ text: 'x'.repeat(400) });
    request.attributes.set('precise', matchOf([decoder], [1], { totalBlocks: 1, blockSize: 64 }));
    expect(sut.disaggregates(request, decoder)).toBe(false);
  });
});

describe('always-disagg-pd-decider', () => {
  it('always does', () => {
    expect(
      pluginOf<Decider>(alwaysDisaggPdDecider).disaggregates(inferenceRequest(), decoder),
    ).toBe(true);
  });
});

describe('always-disagg-multimodal-decider', () => {
  const image = { type: 'image_url', image_url: { url: 'https://example.org/a.png' } };
  const text = { type: 'text', text: 'what is "image_url"?' };

  it.each<[string, string, object | undefined, boolean]>([
    ['an image', '/v1/chat/completions', { messages: [{ content: [text, image] }] }, true],
    ['text alone', '/v1/chat/completions', { messages: [{ content: [text] }] }, false],
    [
      'a text that names one',
      '/v1/chat/completions',
      { messages: [{ content: 'image_url' }] },
      false,
    ],
    [
      'an image for Claude',
      '/anthropic/v1/messages',
      { messages: [{ content: [{ type: 'image', source: { data: 'AAAA' } }] }] },
      true,
    ],
    [
      'an image as input',
      '/v1/responses',
      { input: [{ content: [{ type: 'input_image', image_url: 'https://example.org/a.png' }] }] },
      true,
    ],
    ['no body', '/v1/models', undefined, false],
  ])('decides by what it finds: %s', (_, path, body, expected) => {
    const json = body && readJsonObject(Buffer.from(JSON.stringify(body)));
    const sut = pluginOf<Decider>(alwaysDisaggMultimodalDecider);
    expect(sut.disaggregates(inferenceRequest({ path, body: json }), decoder)).toBe(expected);
  });
});
