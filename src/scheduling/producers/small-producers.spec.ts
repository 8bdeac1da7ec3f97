import { describe, expect, it } from '@jest/globals';
import {
  inferenceRequest,
  matchOf,
  pluginOf,
  servers,
} from '../../../test/support/scheduling-harness.js';
import { readJsonObject } from '../../openai/json-object.js';
import type { InferenceRequest } from '../inference-request.js';
import type { Producer } from '../plugin.js';
import { APPROXIMATE_PREFIX_PRODUCER } from '../prefix-match.js';
import { requestLoad } from '../request-load.js';
import type { RequestSession } from '../session.js';
import { tokenCount, tokenizedPrompt } from '../token-count.js';
import { inflightLoadProducer } from './inflight-load-producer.js';
import { sessionIdProducer } from './session-id-producer.js';
import { tokenProducer } from './token-producer.js';

const [a, b] = servers([{}, {}]);

function requestOf(body: object): InferenceRequest {
  return inferenceRequest({ body: readJsonObject(Buffer.from(JSON.stringify(body))) });
}

/** What is left of the message with an image where its URL is not. */
const AROUND = 19;

describe('token-producer', () => {
  it.each<[string, object, number]>([
    ['four bytes each', { prompt: 'x'.repeat(401) }, 101],
    ['ids', { prompt: [1, 2, 3] }, 3],
    ['an image of 640 by 360', { messages: [image()] }, 225 + AROUND],
    ['nothing', { model: 'm' }, 0],
  ])('counts the tokens of a prompt: %s', (_, body, count) => {
    const request = requestOf(body);
    void pluginOf<Producer>(tokenProducer).produce(request, []);
    expect(tokenCount(request)).toBe(count);
  });

  it('tells ids where it knows them', () => {
    const request = requestOf({ prompt: [7, 4_000_000_000] });
    void pluginOf<Producer>(tokenProducer).produce(request, []);
    expect([...tokenizedPrompt(request)!.ids!]).toEqual([7, 4_000_000_000]);
  });

  it('leaves requests without a body alone', () => {
    const request = inferenceRequest({ text: 'x'.repeat(8) });
    void pluginOf<Producer>(tokenProducer).produce(request, []);
    expect([tokenizedPrompt(request), tokenCount(request)]).toEqual([undefined, 2]);
  });

  it.each<[string, object, number]>([
    ['a fixed number', { image: { mode: 'static', static: { staticToken: 50 } } }, 50],
    ['a resolution', { image: { defaultResolution: { width: 1024, height: 1024 } } }, 1024],
    ['pixels of a token', { image: { dynamic: { factor: 2304 } } }, 100],
  ])('counts images as it is told: %s', (_, estimate, tokens) => {
    const request = requestOf({ messages: [image()] });
    void pluginOf<Producer>(tokenProducer, { estimate }).produce(request, []);
    expect(tokenCount(request)).toBe(tokens + AROUND);
  });
});

/** A message with an image. */
function image(): object {
  const url = 'https://example.org/picture.png';
  return { role: 'user', content: [{ type: 'image_url', image_url: { url } }] };
}

describe('session-id-producer', () => {
  it.each<[string, object, Record<string, string>, string | undefined]>([
    ['x-session-id', {}, { 'x-session-id': ' s1 ' }, 's1'],
    ['another header', { headerName: 'X-User' }, { 'x-user': 'u' }, 'u'],
    ['no header', {}, {}, undefined],
    ['an empty one', {}, { 'x-session-id': ' ' }, undefined],
    ['a cookie', { cookieName: 'sid' }, { cookie: 'a=1; sid=x=y ; b=2' }, 'x=y'],
    ['another cookie', { cookieName: 'sid' }, { cookie: 'asid=1; sidb=2' }, undefined],
  ])('reads %s', (_, parameters, headers, id) => {
    const request = inferenceRequest({ headers });
    void pluginOf<Producer>(sessionIdProducer, parameters).produce(request, []);
    expect((request.attributes.get('sut') as RequestSession | undefined)?.id).toBe(id);
  });

  it('reads a header or a cookie, not both', () => {
    const both = { headerName: 'a', cookieName: 'b' };
    expect(() => pluginOf(sessionIdProducer, both)).toThrow('not both');
  });
});

describe('inflight-load-producer', () => {
  function loadOf(body: object, parameters: object = {}): readonly number[] {
    const request = requestOf({ prompt: 'x'.repeat(400), ...body });
    void pluginOf<Producer>(tokenProducer).produce(request, []);
    const match = matchOf([a!, b!], [1, 0], { totalBlocks: 2, blockSize: 64 });
    request.attributes.set(APPROXIMATE_PREFIX_PRODUCER, match);
    void pluginOf<Producer>(inflightLoadProducer, parameters).produce(request, []);
    const load = requestLoad(request)!;
    return [load.promptTokens(a!), load.promptTokens(b!), load.outputTokens()];
  }

  it('counts what is not cached', () => {
    expect(loadOf({})).toEqual([36, 100, 0]);
    expect(loadOf({}, { prefixMatchInfoProducerName: 'none' })).toEqual([100, 100, 0]);
  });

  it.each<[string, object, object, number]>([
    ['by a ratio', {}, {}, 150],
    ['by another ratio', {}, { outputRatio: 0.5 }, 50],
    ['as far as the operator lets', {}, { maxEstimatedOutputTokens: 70 }, 70],
    ['as far as the client lets', { max_tokens: 20 }, { maxEstimatedOutputTokens: 70 }, 20],
    ['as far as its newer limit lets', { max_completion_tokens: 9, max_tokens: 20 }, {}, 9],
    ['by no limit that is none', { max_tokens: null }, {}, 150],
  ])('estimates an answer %s', (_, body, parameters, expected) => {
    const [, , output] = loadOf(body, { addEstimatedOutputTokens: true, ...parameters });
    expect(output).toBe(expected);
  });
});
