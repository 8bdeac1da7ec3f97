import { createHash } from 'node:crypto';
import { finding } from '../http/validation.js';

/** A message of a chat in any API's shape. */
export interface Message {
  readonly role: string;
  readonly content: unknown;
  /** What else shapes the prompt, such as the calls of an assistant. */
  readonly extra?: unknown;
}

/** How a chat ends: with the assistant's turn opened, or in the middle of its last message. */
export interface TemplateOptions {
  readonly tools?: unknown;
  readonly addGenerationPrompt: boolean;
  readonly continueFinalMessage: boolean;
}

/** Renders a chat as the text that a model reads. Key order in tools counts, as in vLLM's templates. */
export function renderChat(messages: readonly Message[], options: TemplateOptions): string {
  const tools =
    Array.isArray(options.tools) && options.tools.length > 0 ? options.tools : undefined;
  const head = tools ? `<|im_start|>tools\n${JSON.stringify(tools)}<|im_end|>\n` : '';
  const turns = messages.map(({ role, content, extra }, index) => {
    const open = options.continueFinalMessage && index === messages.length - 1;
    const more = extra === undefined ? '' : JSON.stringify(extra);
    return `<|im_start|>${role}\n${contentText(content)}${more}${open ? '' : '<|im_end|>\n'}`;
  });
  const end = options.addGenerationPrompt ? '<|im_start|>assistant\n' : '';
  return head + turns.join('') + end;
}

/** @throws ApiError 400 for what is not a list of messages with roles */
export function messagesOf(list: readonly unknown[], loc: string): Message[] {
  return list.map((item, index) => {
    const at = `${loc}.${index}`;
    if (typeof item !== 'object' || item === null || Array.isArray(item)) {
      throw finding('dict_type', at, 'Input should be a valid dictionary', item);
    }
    const { role, content, tool_calls: calls } = item as Record<string, unknown>;
    if (role === undefined) throw finding('missing', `${at}.role`, 'Field required', item);
    if (typeof role !== 'string') {
      throw finding('string_type', `${at}.role`, 'Input should be a valid string', role);
    }
    return { role, content, ...(calls !== undefined && calls !== null && { extra: calls }) };
  });
}

/** Media are named by what they hold: their bytes are no text. */
function contentText(content: unknown): string {
  if (typeof content === 'string') return content;
  if (content === null || content === undefined) return '';
  if (!Array.isArray(content)) return JSON.stringify(content);
  return content.map((part: unknown) => partText(part)).join('');
}

function partText(part: unknown): string {
  if (typeof part === 'string') return part;
  const { text, type } = (part ?? {}) as { text?: unknown; type?: unknown };
  if (typeof text === 'string') return text;
  const digest = createHash('sha256').update(JSON.stringify(part)).digest('hex').slice(0, 32);
  return `<|${typeof type === 'string' ? type : 'part'}:${digest}|>`;
}
