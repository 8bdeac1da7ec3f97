import type { ServerResponse } from 'node:http';

/** Writes server-sent events as uvicorn does: no content length, one event as soon as it is there. */
export class EventStream {
  private pending = '';

  constructor(private readonly response: ServerResponse) {}

  get isOpen(): boolean {
    return this.response.headersSent;
  }

  /** @param name the event's type, for the APIs that name theirs */
  send(data: string, name?: string): void {
    const event = name === undefined ? `data: ${data}\n\n` : `event: ${name}\ndata: ${data}\n\n`;
    if (!this.response.headersSent) this.open();
    // Events of one turn of the event loop leave as one chunk.
    if (this.pending === '') setImmediate(() => this.flush());
    this.pending += event;
  }

  end(): void {
    if (!this.response.headersSent) this.open();
    this.flush();
    this.response.end();
  }

  private flush(): void {
    if (this.pending === '') return;
    this.response.write(this.pending);
    this.pending = '';
  }

  private open(): void {
    this.response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' });
  }
}
