/** What is compared of an answer. */
export interface Answer {
  readonly status: number;
  readonly text: string;
  readonly tokenIds: readonly number[];
  readonly finish: string;
  readonly promptTokens: number;
  readonly ms: number;
}

export type Json = Record<string, unknown>;

/** An answer that is none. */
export function refused(status: number, text: string, ms: number): Answer {
  return { status, text: text.slice(0, 300), tokenIds: [], finish: '', promptTokens: 0, ms };
}

/** The data of a stream's events. */
export function eventsOf(text: string): Json[] {
  const data = text
    .split('\n')
    .flatMap((line) => (line.startsWith('data: ') ? [line.slice(6)] : []));
  if (data.at(-1) !== '[DONE]') throw new Error('the stream does not end in [DONE]');
  return data.slice(0, -1).map((json) => JSON.parse(json) as Json);
}

/** The same of an answer in one piece and of the events of a stream, for every API. */
export function merge(parts: readonly Json[]): Omit<Answer, 'status' | 'ms'> {
  let text = '';
  let finish = '';
  let promptTokens = 0;
  const tokenIds: number[] = [];
  for (const part of parts) {
    if ('error' in part && part['error'] !== null)
      text += `error: ${JSON.stringify(part['error'])}`;
    const usage = part['usage'] as Record<string, number> | null | undefined;
    promptTokens = usage?.['prompt_tokens'] ?? usage?.['input_tokens'] ?? promptTokens;
    const choice = (part['choices'] as Json[] | undefined)?.[0];
    const said = choice?.['message'] ?? choice?.['delta'] ?? choice;
    text += textIn(said as Json | undefined) + textIn(part);
    tokenIds.push(...((choice?.['token_ids'] as number[] | null | undefined) ?? []));
    finish = String(choice?.['finish_reason'] ?? part['stop_reason'] ?? part['status'] ?? finish);
  }
  return { text, tokenIds, finish, promptTokens };
}

function textIn(part: Json | undefined): string {
  const { text, content, output } = (part ?? {}) as {
    text?: unknown;
    content?: unknown;
    output?: unknown;
  };
  if (typeof text === 'string') return text;
  if (typeof content === 'string') return content;
  const list = Array.isArray(content) ? content : Array.isArray(output) ? output : [];
  return (list as Json[]).map(textIn).join('');
}
