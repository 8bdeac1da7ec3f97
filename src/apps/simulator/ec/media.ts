import { createHash } from 'node:crypto';

type Members = Readonly<Record<string, unknown>>;

/**
 * What a request holds beside text, in any API's shape, each named by a hash of its kind and data: one image is the same
 * in all APIs.
 *
 * @param body the parsed request
 * @returns hashes in order, repeated ones too
 */
export function mediaOf(body: unknown): string[] {
  const { messages, input } = membersOf(body);
  return [...listOf(messages), ...listOf(input)].flatMap((message) => {
    const { content, output } = membersOf(message);
    return [...listOf(content), ...listOf(output)].flatMap((part) => {
      const { type, content: nested } = membersOf(part);
      const parts = type === 'tool_result' ? listOf(nested) : [part];
      return parts.flatMap((one) => hashOf(membersOf(one)) ?? []);
    });
  });
}

function hashOf(part: Members): string | undefined {
  const found = dataOf(part);
  if (!found) return undefined;
  const [kind, data] = found;
  const text = `${kind} ${typeof part['uuid'] === 'string' ? part['uuid'] : data}`;
  return createHash('sha256').update(text).digest('hex').slice(0, 32);
}

function dataOf({
  type,
  image_url,
  audio_url,
  video_url,
  input_audio,
  source,
}: Members): [string, string] | undefined {
  switch (type) {
    case 'image_url':
    case 'input_image':
      return ['image', urlOf(image_url)];
    case 'audio_url':
      return ['audio', urlOf(audio_url)];
    case 'video_url':
      return ['video', urlOf(video_url)];
    case 'input_audio': {
      const { data, format } = membersOf(input_audio);
      return ['audio', `data:audio/${String(format)};base64,${String(data)}`];
    }
    case 'image': {
      const { url, media_type: media, data } = membersOf(source);
      return [
        'image',
        url === undefined ? `data:${String(media)};base64,${String(data)}` : String(url),
      ];
    }
    default:
      return undefined;
  }
}

function urlOf(value: unknown): string {
  return typeof value === 'string' ? value : String(membersOf(value)['url']);
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function membersOf(value: unknown): Members {
  return typeof value === 'object' && value !== null ? (value as Members) : {};
}
