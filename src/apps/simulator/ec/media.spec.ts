import { describe, expect, it } from '@jest/globals';
import { mediaOf } from './media.js';

describe(mediaOf.name, () => {
  const url = 'http://a/1.png';
  const data = 'data:image/png;base64,AA==';

  it('names an image the same in all APIs', () => {
    const chat = (image_url: unknown): string[] =>
      mediaOf({ messages: [{ content: [{ type: 'image_url', image_url }] }] });
    const messages = (source: object): string[] =>
      mediaOf({
        messages: [
          { content: [{ type: 'tool_result', content: [{ type: 'image', source }] }] },
          { content: 'text' },
        ],
      });
    const responses = (image_url: string): string[] =>
      mediaOf({ input: [{ content: [{ type: 'input_image', image_url }] }] });
    expect(chat({ url })).toHaveLength(1);
    expect([chat(url), messages({ type: 'url', url }), responses(url)]).toEqual(
      Array(3).fill(chat({ url })),
    );
    const source = { type: 'base64', media_type: 'image/png', data: 'AA==' };
    expect([messages(source), responses(data)]).toEqual(Array(2).fill(chat({ url: data })));
    expect(chat({ url })).not.toEqual(chat({ url: data }));
  });

  it('tells kinds and names apart', () => {
    const parts = [
      { type: 'image_url', image_url: { url } },
      { type: 'video_url', video_url: { url } },
      { type: 'audio_url', audio_url: { url } },
      { type: 'input_audio', input_audio: { data: 'AA==', format: 'wav' } },
      { type: 'image_url', image_url: { url }, uuid: 'one' },
    ];
    const hashes = mediaOf({ messages: [{ content: parts }] });
    expect(new Set(hashes).size).toBe(5);
  });

  it.each([undefined, null, {}, { messages: 5 }, { messages: [null, { content: [null, 5] }] }])(
    'finds nothing in %j',
    (body) => {
      expect(mediaOf(body)).toEqual([]);
    },
  );
});
