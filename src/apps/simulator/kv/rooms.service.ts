import type { IncomingMessage, ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { urlHost } from '../../../endpoint/ip.js';
import { GenerationError } from '../engine/engine-error.js';
import type { Prompt } from '../engine/prompt.js';
import { KvServer } from './kv-server.js';
import { patiently } from './patiently.js';

/** Where a prefill and a decode that were sent at once find each other, as SGLang's engines do. */
export interface Meeting {
  /** The prefiller's bootstrap server. */
  readonly host: string;
  readonly port: number;
  /** The digits of a number that both requests name, exactly. */
  readonly room: string;
}

/** One hand-over; whoever comes first makes it. */
class Room {
  readonly kv = Promise.withResolvers<number>();
  readonly fetched = Promise.withResolvers<void>();
  isPrefilled = false;

  constructor() {
    // Nobody may be waiting when one of them fails.
    this.kv.promise.catch(() => undefined);
    this.fetched.promise.catch(() => undefined);
  }
}

/** Both sides of SGLang's hand-over: a prefill waits for its decode, and a decode for its prefill. */
export class Rooms {
  private readonly rooms = new Map<string, Room>();
  private readonly server = new KvServer((request, response) => {
    void this.reply(request, response);
  });

  /** @param patience milliseconds that one side waits for the other */
  constructor(private readonly patience: number) {}

  /** @returns the port of the bootstrap server @throws ListenError */
  listen(port: number, host: string): Promise<number> {
    return this.server.listen(port, host);
  }

  close(): Promise<void> {
    return this.server.close();
  }

  /**
   * Prefills in a room and stays until the KV was fetched.
   *
   * @throws GenerationError when a prefill was there before, or no decode comes; the signal's reason
   */
  async prefill<T>(
    meeting: Meeting,
    prompt: Prompt,
    signal: AbortSignal,
    work: () => Promise<T>,
  ): Promise<T> {
    const room = this.enter(meeting.room);
    if (room.isPrefilled) throw new GenerationError(`room ${meeting.room} is taken`);
    room.isPrefilled = true;
    try {
      const done = await work();
      room.kv.resolve(prompt.kv);
      await this.patiently(room.fetched.promise, signal, `no decode came to room ${meeting.room}`);
      return done;
    } catch (error) {
      room.kv.reject(error);
      throw error;
    } finally {
      this.rooms.delete(meeting.room);
    }
  }

  /**
   * Fetches a prompt's KV from the room where it is prefilled.
   *
   * @returns its fingerprint
   * @throws GenerationError when it cannot be had or is another prompt's; the signal's reason
   */
  async fetch({ host, port, room }: Meeting, prompt: Prompt, signal: AbortSignal): Promise<number> {
    const name = urlHost(host);
    try {
      const answer = await fetch(`http://${name}:${port}/rooms/${room}`, { signal });
      const said = await answer.text();
      if (!answer.ok) throw new GenerationError(`room ${room}: ${said}`);
      if (Number(said) !== prompt.kv)
        throw new GenerationError(`room ${room} holds another prompt`);
      return prompt.kv;
    } catch (error) {
      if (signal.aborted || error instanceof GenerationError) throw error;
      throw new GenerationError(`no bootstrap server at ${name}:${port}: ${String(error)}`);
    }
  }

  private async reply(request: IncomingMessage, response: ServerResponse): Promise<void> {
    await text(request);
    const name = request.url!.slice('/rooms/'.length);
    const room = this.enter(name);
    const left = new AbortController();
    response.once('close', () => left.abort());
    try {
      const kv = await this.patiently(room.kv.promise, left.signal, 'no prefill came');
      response.end(String(kv));
      room.fetched.resolve();
    } catch (error) {
      if (!room.isPrefilled) this.rooms.delete(name);
      room.fetched.reject(new GenerationError(`the decode left room ${name}`));
      response.writeHead(409).end(String(error));
    }
  }

  private enter(name: string): Room {
    const room = this.rooms.get(name) ?? new Room();
    this.rooms.set(name, room);
    return room;
  }

  private patiently<T>(waited: Promise<T>, signal: AbortSignal, otherwise: string): Promise<T> {
    return patiently(waited, this.patience, signal, otherwise);
  }
}
