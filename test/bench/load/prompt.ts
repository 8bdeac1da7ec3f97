/** How a prompt is spelled in the request body. */
export type PromptShape = 'string' | 'messages' | 'image';

const WORDS =
  'the prefill engine reads every token of this prompt once and hands its cache to the decoder , which "answers" word by word ; naïve clients wait .'.split(
    ' ',
  );

/** Deterministic prose of about `bytes` bytes, with line breaks, quotes and a few accents. */
function prose(bytes: number, seed: number): string {
  const parts: string[] = [];
  let length = 0;
  for (let i = seed; length < bytes; i++) {
    const word = WORDS[(i * 7 + ((i * i) >> 3)) % WORDS.length] as string;
    const part = i % 19 === 18 ? `${word}\n` : `${word} `;
    parts.push(part);
    length += part.length;
  }
  return parts.join('');
}

function turns(bytes: number): string {
  const messages: { role: string; content: string }[] = [];
  for (let length = 0, i = 0; length < bytes; i++) {
    const content = prose(120 + ((i * 131) % 600), i);
    messages.push({ role: i % 2 === 0 ? 'user' : 'assistant', content });
    length += content.length + 36;
  }
  return JSON.stringify(messages);
}

function image(bytes: number): string {
  const data = Buffer.alloc(Math.floor((bytes * 3) / 4));
  for (let i = 0; i < data.length; i++) data[i] = (i * 31 + (i >> 7)) & 255;
  const url = `data:image/png;base64,${data.toString('base64')}`;
  const content = [
    { type: 'text', text: 'What is in this picture?' },
    { type: 'image_url', image_url: { url } },
  ];
  return JSON.stringify([{ role: 'user', content }]);
}

/** The API path of a shape and the body member that holds a prompt of about `bytes` bytes. */
export function promptMember(shape: PromptShape, bytes: number): { path: string; member: string } {
  if (shape === 'string') {
    const member = `"prompt":${JSON.stringify(prose(bytes, 1))}`;
    return { path: '/v1/completions', member };
  }
  const messages = shape === 'image' ? image(bytes) : turns(bytes);
  return { path: '/v1/chat/completions', member: `"messages":${messages}` };
}
