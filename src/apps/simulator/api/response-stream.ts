import type { EventStream } from '../http/event-stream.js';
import { randomId } from '../http/exchange.js';
import { itemObject, textPart, type OutputItem, type ResponseObject } from './response-object.js';
import type { Choice } from './runner.js';
import type { ForcedCall } from './tool-call.js';
import type { Counts } from './usage.js';

/** Words the events of a streamed response, in OpenAI's order. */
export class ResponseStream {
  private sequence = 0;
  private isOpen = false;
  private text = '';
  private readonly itemId: string;
  private readonly callId = `call_${randomId()}`;

  constructor(
    private readonly object: ResponseObject,
    private readonly call: ForcedCall | undefined,
    private readonly events: EventStream,
  ) {
    this.itemId = `${call ? 'fc' : 'msg'}_${randomId()}`;
  }

  token(text: string): void {
    if (!this.isOpen) this.open();
    this.text += text;
    const where = { item_id: this.itemId, output_index: 0 };
    if (this.call) this.send('response.function_call_arguments.delta', { delta: text, ...where });
    else {
      const members = { content_index: 0, delta: text, ...where, logprobs: [] };
      this.send('response.output_text.delta', members);
    }
  }

  finish(choice: Choice, counts: Counts): void {
    const item = this.item(choice.text);
    const where = { item_id: this.itemId, output_index: 0 };
    if (item.kind === 'call') {
      const { name, text } = item;
      this.send('response.function_call_arguments.done', { arguments: text, name, ...where });
    } else {
      const { text } = item;
      this.send('response.output_text.done', { content_index: 0, ...where, logprobs: [], text });
      const part = textPart(text, null);
      this.send('response.content_part.done', { content_index: 0, ...where, part });
    }
    this.send('response.output_item.done', {
      item: itemObject(item, 'completed'),
      output_index: 0,
    });
    this.send('response.completed', { response: this.object.finished(choice, item, counts) });
    this.events.end();
  }

  private open(): void {
    this.isOpen = true;
    this.send('response.created', { response: this.object.begun() });
    this.send('response.in_progress', { response: this.object.begun() });
    const item = itemObject(this.item(''), 'in_progress');
    this.send('response.output_item.added', { item, output_index: 0 });
    if (this.call) return;
    const where = { content_index: 0, item_id: this.itemId, output_index: 0 };
    this.send('response.content_part.added', { ...where, part: textPart('', []) });
  }

  private item(text: string): OutputItem {
    if (!this.call) return { kind: 'message', id: this.itemId, text };
    return { kind: 'call', id: this.itemId, callId: this.callId, name: this.call.tool.name, text };
  }

  private send(type: string, members: object): void {
    const data = { ...members, sequence_number: this.sequence++, type };
    this.events.send(JSON.stringify(data), type);
  }
}
