import { AnswerText } from '../engine/answer-text.js';
import { ApiError } from '../http/api-error.js';

/** A function that a request offers. */
export interface Tool {
  readonly name: string;
  readonly schema: unknown;
}

/** The call that a request insists on. */
export interface ForcedCall {
  readonly tool: Tool;
  /** Whether the request names the function: vLLM ends such answers with `stop`, others with `tool_calls`. */
  readonly isNamed: boolean;
}

/**
 * @param choice OpenAI's `tool_choice`: a function by name, `required`, `auto` or `none`
 * @returns undefined where the model is free to call or not: this one does not
 */
export function forcedCall(tools: readonly Tool[], choice: unknown): ForcedCall | undefined {
  const [first] = tools;
  if (choice === 'required' && first) return { tool: first, isNamed: false };
  if (typeof choice !== 'object' || choice === null) return undefined;
  const wanted = choice as { function?: { name?: unknown }; name?: unknown };
  const name = wanted.function?.name ?? wanted.name;
  const tool = tools.find((candidate) => candidate.name === name);
  if (tool) return { tool, isNamed: true };
  throw ApiError.badRequest(
    'The tool specified in `tool_choice` does not match any of the specified `tools`',
  );
}

/** Reads OpenAI's `tools`, of chat (nested) or responses (flat). */
export function openAiTools(tools: unknown): Tool[] {
  if (!Array.isArray(tools)) return [];
  return (tools as readonly Record<string, unknown>[]).flatMap((tool) => {
    const described = (tool['function'] ?? tool) as Record<string, unknown>;
    const { name, parameters } = described;
    return typeof name === 'string' ? [{ name, schema: parameters }] : [];
  });
}

/** Arguments that fit a JSON schema and follow from the prompt's KV. */
export function argumentsFor(tool: Tool, kv: number, seed: string): string {
  return JSON.stringify(valueOf(tool.schema, new AnswerText(kv, seed)) ?? {});
}

function valueOf(schema: unknown, text: AnswerText): unknown {
  const { type, enum: words, properties, items } = (schema ?? {}) as Record<string, unknown>;
  const word = text.next().trim();
  if (Array.isArray(words)) return words[word.charCodeAt(0) % words.length] as unknown;
  switch (type) {
    case 'string':
      return word;
    case 'integer':
    case 'number':
      return word.charCodeAt(0) - 96;
    case 'boolean':
      return word.charCodeAt(0) % 2 === 0;
    case 'array':
      return [valueOf(items, text)];
    case 'object':
    case undefined:
      return Object.fromEntries(
        Object.entries(properties ?? {}).map(([name, inner]) => [name, valueOf(inner, text)]),
      );
    default:
      return null;
  }
}
