import { createServer, type Server, type Socket } from 'node:net';
import { monotonicMs } from '../wire/clock.js';
import { MessageReader } from '../wire/message-reader.js';
import {
  DOCUMENT,
  HEALTHY,
  MODELS,
  prefillAnswer,
  rendered,
  STREAM_END,
  STREAM_HEAD,
  TOKEN_CHUNK,
} from './answers.js';
import { type Behaviour, type Closures, type Counts, PLAIN } from './behaviour.js';
import { Inspector } from './inspector.js';
import { RequestBody } from './request-body.js';
import { TokenSteps } from './token-steps.js';

const MARKER = /abort-\d+/;
const RENDER = /^POST \S+\/render /;
const STREAMED = '"stream":true';

/** The bench's engines, a pair and some equal ones: listeners that share counters and one token clock. */
export class Engines {
  private behaviour: Behaviour = PLAIN;
  private readonly inspector = new Inspector();
  private readonly steps = new TokenSteps();
  private closures: Closures = {};
  private held: Socket[] = [];
  private readonly servers: Server[] = [];
  private readonly connections = { prefill: 0, decode: 0 };

  /** Listens on loopback as a pair and as two equal engines; returns all ports. */
  async listen(): Promise<{ prefill: number; decode: number; workers: number[] }> {
    return {
      prefill: await this.open('prefill'),
      decode: await this.open('decode'),
      workers: [await this.open('decode'), await this.open('decode')],
    };
  }

  /** Listens as a prefill engine on further ports; returns them. */
  addPrefillers(count: number): Promise<number[]> {
    return Promise.all(Array.from({ length: count }, () => this.open('prefill')));
  }

  /** Connections to prefill engines that are open now. */
  prefillConnections(): number {
    return this.connections.prefill;
  }

  /** Takes a new behaviour and starts counting anew. */
  configure(behaviour: Behaviour): void {
    this.behaviour = behaviour;
    this.inspector.reset();
    this.steps.clear();
    this.steps.written = 0;
    this.closures = {};
    this.held = [];
  }

  /** Takes a new behaviour for requests to come; streams that are open go on as they were. */
  change(behaviour: Behaviour): void {
    this.behaviour = behaviour;
  }

  /** Lets the streams that `hold` stopped go on. */
  release(): void {
    for (const socket of this.held)
      this.steps.add(socket, this.behaviour.tokens - 1, this.behaviour.rate);
    this.held = [];
  }

  counts(): Counts {
    return { ...this.inspector.counts, tokens: this.steps.written, streams: this.steps.open };
  }

  closed(): Closures {
    return this.closures;
  }

  private open(leg: 'prefill' | 'decode'): Promise<number> {
    const server = createServer({ noDelay: true }, (socket) => this.serve(socket, leg));
    this.servers.push(server);
    return new Promise((resolve) => {
      server.listen({ port: 0, host: '127.0.0.1', backlog: 4096 }, () => {
        resolve((server.address() as { port: number }).port);
      });
    });
  }

  private serve(socket: Socket, leg: 'prefill' | 'decode'): void {
    const body = new RequestBody();
    let head = '';
    let marker: string | undefined;
    const noteClosure = (): void => {
      if (marker !== undefined) this.closures[marker] ||= monotonicMs();
    };
    const reader = new MessageReader(true, {
      head: (text) => {
        head = text;
      },
      body: (buffer, start, end) => body.add(buffer.subarray(start, end)),
      end: () => {
        if (this.behaviour.markers) marker = MARKER.exec(body.textWith('abort-'))?.[0];
        if (marker !== undefined) this.closures[marker] ??= 0;
        if (head.startsWith('POST ')) {
          if (RENDER.test(head)) socket.write(rendered(head.includes('/chat/'), body.length));
          else this.answer(socket, leg, body);
        } else socket.write(head.includes('/models') ? MODELS : HEALTHY);
        body.clear();
      },
    });
    this.connections[leg]++;
    socket.on('data', (data) => reader.push(data));
    socket.on('error', () => socket.destroy());
    socket.on('end', noteClosure);
    socket.on('close', () => {
      this.connections[leg]--;
      noteClosure();
    });
  }

  private answer(socket: Socket, leg: 'prefill' | 'decode', body: RequestBody): void {
    if (leg === 'prefill') {
      const number = this.inspector.prefill(body, this.behaviour);
      if (!this.behaviour.hangPrefill) socket.write(prefillAnswer(number), 'latin1');
      return;
    }
    this.inspector.decode(body, this.behaviour);
    if (body.textWith(STREAMED).includes(STREAMED)) this.startStream(socket);
    else socket.write(DOCUMENT);
  }

  private startStream(socket: Socket): void {
    const { tokens, rate, hold } = this.behaviour;
    socket.cork();
    socket.write(STREAM_HEAD, 'latin1');
    socket.write(TOKEN_CHUNK);
    if (tokens === 1) socket.write(STREAM_END);
    socket.uncork();
    this.steps.written++;
    if (hold) this.held.push(socket);
    else if (tokens > 1) this.steps.add(socket, tokens - 1, rate);
  }
}
