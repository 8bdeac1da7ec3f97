import { describe, expect, it } from '@jest/globals';
import { arbitraryJson, seededRandom } from '../../test/support/arbitrary-json.js';
import type { GenerateApi } from './api.js';
import { readJsonObject } from './json-object.js';
import { mediaItemsOf } from './media-items.js';

const find = (body: string, api: GenerateApi = 'chat_completions', most = 100): string[] =>
  mediaItemsOf(api, readJsonObject(Buffer.from(body)), most).map((part) => part.toString());

/** A chat of one message with these parts. */
const chat = (...parts: string[]): string =>
  `{"messages":[{"role":"user","content":[${parts.join(',')}]}]}`;

const image = (url: string, more = ''): string =>
  `{"type":"image_url","image_url":{"url":"${url}"}${more}}`;
const audio = '{"type":"input_audio","input_audio":{"data":"AA==","format":"wav"}}';

describe(mediaItemsOf.name, () => {
  it('finds images, audio and video in order, with the bytes of the client', () => {
    const parts = [
      '{ "type" : "image_url", "image_url": {"detail":"low", "url":"http://a/1.png"}, "big":12345678901234567890 }',
      '{"audio_url":{"url":"http://a/2.wav"},"type":"audio_url"}',
      '{"type":"video_url","video_url":{"url":"http://a/3.mp4"}}',
      audio,
    ];
    const body = `{"model":"m","messages":[
      {"role":"system","content":"text"},
      {"role":"user","content":[{"type":"text","text":"[{\\"type\\":\\"image_url\\"}]"}, ${parts[0]} ,${parts[1]}]},
      {"role":"assistant","content":null},
      {"content":[${parts[2]},${parts[3]}],"role":"user"}],"n":1}`;
    expect(find(body)).toEqual(parts);
  });

  it('finds a URL once, however it is spelled, and what lies in the body as often as it is there', () => {
    const data = `data:image/png;base64,${'A'.repeat(5000)}`;
    const parts = [
      image('http://a/1.png'),
      image(data),
      image('http:\\/\\/a\\/1.p\\u006eg', ',"x":1'),
      audio,
      image(data),
      image(`${data.slice(0, -1)}B`),
      audio,
      image(`${data.slice(0, -1)}B`),
    ];
    expect(find(chat(...parts))).toEqual([parts[0], parts[1], parts[3], parts[5], parts[6]]);
  });

  it('takes one URL for two items where it is of two types, or has two names', () => {
    const parts = [
      image('http://a/1'),
      '{"type":"video_url","video_url":{"url":"http://a/1"}}',
      image('http://a/1', ',"uuid":"one"'),
      image('http://a/1', ',"uuid":"two"'),
    ];
    expect(find(chat(...parts, ...parts))).toEqual(parts);
  });

  it('takes a part for what its data is where it has no type', () => {
    const part = '{"image_url":"http://a/1.png"}';
    expect(find(chat(part, part))).toEqual([part]);
  });

  it('takes a reference to cached data for no item', () => {
    const cached = '"uuid":"sku-1"';
    expect(
      find(
        chat(
          `{"type":"image_url","image_url":null,${cached}}`,
          `{"type":"image_url","image_url":{"url":null},${cached}}`,
          `{"type":"input_audio","input_audio":null,${cached}}`,
        ),
      ),
    ).toEqual([]);
  });

  it('lets the last one of a repeated member count', () => {
    const [a, b] = [image('http://a/a'), image('http://a/b')];
    expect(find(`{"messages":[{"content":[${a}]}],"m\\u0065ssages":[{"content":[${b}]}]}`)).toEqual(
      [b],
    );
    expect(find(`{"messages":[{"content":[${a}],"content":"text"}]}`)).toEqual([]);
    expect(find(chat('{"type":"image_url","image_url":"x","type":"text"}'))).toEqual([]);
    const twice = '{"type":"image_url","image_url":{"url":"x","url":"http://a/a"}}';
    expect(find(chat(a, twice))).toEqual([a]);
  });

  it.each([
    '{}',
    '{"messages":null}',
    '{"messages":"image_url"}',
    '{"messages":{"content":[{"type":"image_url","image_url":"x"}]}}',
    '{"messages":[[{"type":"image_url","image_url":"x"}],1,"content",null]}',
    '{"messages":[{"content":{"type":"image_url","image_url":"x"}}]}',
    '{"messages":[{"content":[["image_url"],7,null,{"type":"image_url"},{"type":5,"image_url":"x"}]}]}',
    '{"messages":[{"parts":[{"type":"image_url","image_url":"x"}]}]}',
    '{"messages":[{"content":[{"type":"text","content":[{"type":"image_url","image_url":"x"}]}]}]}',
    `{"input":[{"content":[{"type":"image_url","image_url":"x"}]}]}`,
  ])('finds nothing in %s', (body) => {
    expect(find(body)).toEqual([]);
  });

  it('leaves what is shaped in another way to the engines, as an item', () => {
    const part = '{"type":"image_url","image_url":5}';
    expect(find(chat(part, part))).toEqual([part, part]);
  });

  it('finds the items of any chat, whatever else it holds', () => {
    const random = seededRandom(7);
    const some = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)]!;
    const spelled = ['http://a/1', 'http:\\/\\/a/1', 'http://a/\\u0031', 'http://a/2', 'data:,x'];
    for (let round = 0; round < 300; round++) {
      const seen = new Set<string>();
      const expected: string[] = [];
      const part = (): string => {
        if (random() < 0.3) return arbitraryJson(random);
        if (random() < 0.3) return `{"type":"text","text":${JSON.stringify(image('http://a/1'))}}`;
        const item = random() < 0.2 ? audio : image(some(spelled), `,"x":${arbitraryJson(random)}`);
        const { image_url: named } = JSON.parse(item) as { image_url?: { url: string } };
        if (!named || !seen.has(named.url)) expected.push(item);
        if (named) seen.add(named.url);
        return some(['', ' ', '\n']) + item;
      };
      const list = (make: () => string): string =>
        Array.from({ length: Math.floor(random() * 5) }, make).join(' ,');
      const message = (): string =>
        random() < 0.2 ? arbitraryJson(random) : `{"role":"user","content":[${list(part)}]}`;
      const body = `{"a":${arbitraryJson(random)},"messages":[ ${list(message)}],"b":${arbitraryJson(random)}}`;
      expect(find(body)).toEqual(expected);
    }
  });

  it('looks for so many and no more', () => {
    const parts = Array.from({ length: 9 }, (_, at) => image(`http://a/${at}`));
    expect(find(chat(...parts), 'chat_completions', 4)).toEqual(parts.slice(0, 4));
  });

  it('finds the images of messages, those of a tool too', () => {
    const url = '{"type":"image","source":{"type":"url","url":"http://a/1.png"}}';
    const inline =
      '{"type":"image","source":{"type":"base64","media_type":"image/png","data":"AA=="}}';
    const other = '{"type":"image","source":{"type":"url","url":"http://a/2.png"}}';
    const body = `{"messages":[{"role":"user","content":[${url},${inline},
      {"type":"tool_result","tool_use_id":"t","content":[{"type":"text","text":"x"},${url},${other}]},
      {"type":"tool_result","tool_use_id":"t","content":"text"},${inline}]}]}`;
    expect(find(body, 'messages')).toEqual([url, inline, other, inline]);
  });

  it('finds the images of responses, those of a function too', () => {
    const one = '{"type":"input_image","image_url":"http://a/1.png"}';
    const two = '{"type":"input_image","image_url":"http://a/2.png"}';
    const body = `{"input":[{"role":"user","content":[{"type":"input_text","text":"x"},${one}]},
      {"type":"function_call_output","call_id":"c","output":[${two},${one}]}]}`;
    expect(find(body, 'responses')).toEqual([one, two]);
    expect(find('{"input":"text"}', 'responses')).toEqual([]);
  });

  it.each(['completions', 'generate'] as const)('finds nothing in %s', (api) => {
    expect(find(chat(image('http://a/1')), api)).toEqual([]);
  });
});
