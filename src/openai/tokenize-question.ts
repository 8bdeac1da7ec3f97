import { findMember, type JsonMember, type JsonObject } from './json-object.js';

/** What has to be known of a request to have its tokens: they are there, or a worker is asked with this body. */
export type TokenizeQuestion =
  | { readonly ids: Uint32Array }
  | { readonly body: Buffer }
  /** Nobody can tell its tokens. */
  | undefined;

/** Of vLLM's TokenizeChatRequest: what its chat completions take too. */
const CHAT_MEMBERS = [
  'model',
  'messages',
  'tools',
  'add_generation_prompt',
  'continue_final_message',
  'add_special_tokens',
  'chat_template',
] as const;
const KWARGS = 'chat_template_kwargs';
/** What chat completions hand to the template beside the kwargs. */
const TO_TEMPLATE = ['documents', 'reasoning_effort'] as const;

/** Parts that are not text: only the engine knows how many tokens they become. Inside of a text the quotes would be escaped. */
const MEDIA = [
  '"image_url"',
  '"image_pil"',
  '"image_embeds"',
  '"audio_url"',
  '"input_audio"',
  '"audio_embeds"',
  '"video_url"',
  '"image"',
  '"audio"',
  '"video"',
];

/** @param model for requests that name none */
export function tokenizeQuestion(
  path: string,
  json: JsonObject,
  model: string | undefined,
): TokenizeQuestion {
  switch (path) {
    case '/v1/chat/completions':
      return chatQuestion(json, model);
    case '/v1/completions':
      return promptQuestion(json, model);
    case '/inference/v1/generate':
      return idsOf(valueOf(json, 'token_ids'));
    default:
      return undefined;
  }
}

function chatQuestion(json: JsonObject, model: string | undefined): TokenizeQuestion {
  const messages = findMember(json, 'messages');
  if (!messages) return undefined;
  const { bytes } = json;
  const raw = bytes.subarray(messages.valueStart, messages.valueEnd);
  if (MEDIA.some((name) => raw.includes(name))) return undefined;
  const pieces = membersOf(json, CHAT_MEMBERS, model);
  const kwargs = templateKwargs(json);
  if (kwargs) pieces.push(Buffer.from(`,${JSON.stringify(KWARGS)}:`), kwargs);
  return { body: objectOf(pieces) };
}

function promptQuestion(json: JsonObject, model: string | undefined): TokenizeQuestion {
  const prompt = valueOf(json, 'prompt');
  const first: unknown = Array.isArray(prompt) && isMany(prompt) ? prompt[0] : prompt;
  if (Array.isArray(first)) return idsOf(first);
  if (typeof first !== 'string') return undefined;
  const pieces = membersOf(json, ['model', 'add_special_tokens'], model);
  pieces.push(Buffer.from(`,"prompt":${JSON.stringify(first)}`));
  return { body: objectOf(pieces) };
}

/** Several prompts of one request: the first one stands for them. */
function isMany(prompt: readonly unknown[]): boolean {
  return typeof prompt[0] === 'string' || Array.isArray(prompt[0]);
}

function idsOf(value: unknown): TokenizeQuestion {
  const ids = tokenIds(value);
  return ids && { ids };
}

/** @returns undefined for what is no list of token ids */
export function tokenIds(value: unknown): Uint32Array | undefined {
  if (!Array.isArray(value) || !value.every((id) => Number.isInteger(id) && id >= 0)) {
    return undefined;
  }
  return Uint32Array.from(value as number[]);
}

/** @returns pieces of members, each with a comma before it */
function membersOf(
  json: JsonObject,
  names: readonly string[],
  model: string | undefined,
): Buffer[] {
  const pieces: Buffer[] = [];
  for (const name of names) {
    const member = findMember(json, name);
    if (member) pieces.push(Buffer.from(`,"${name}":`), rawOf(json, member));
    else if (name === 'model' && model !== undefined) {
      pieces.push(Buffer.from(`,"model":${JSON.stringify(model)}`));
    }
  }
  return pieces;
}

function templateKwargs(json: JsonObject): Buffer | undefined {
  const kwargs = findMember(json, KWARGS);
  const more = TO_TEMPLATE.filter((name) => findMember(json, name));
  if (more.length === 0) return kwargs && rawOf(json, kwargs);
  const given: unknown = valueOf(json, KWARGS);
  const merged = Object.fromEntries(more.map((name) => [name, valueOf(json, name)]));
  return Buffer.from(JSON.stringify({ ...(given as object | null | undefined), ...merged }));
}

function objectOf(pieces: readonly Buffer[]): Buffer {
  const members = Buffer.concat(pieces).subarray(1);
  return Buffer.concat([Buffer.from('{'), members, Buffer.from('}')]);
}

function rawOf({ bytes }: JsonObject, { valueStart, valueEnd }: JsonMember): Buffer {
  return bytes.subarray(valueStart, valueEnd);
}

function valueOf(json: JsonObject, name: string): unknown {
  const member = findMember(json, name);
  if (!member) return undefined;
  try {
    return JSON.parse(rawOf(json, member).toString());
  } catch {
    return undefined;
  }
}
