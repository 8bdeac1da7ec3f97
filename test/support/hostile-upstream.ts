import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** What is left to do once the words are said. */
export type Ending =
  /** Ends the connection with FIN. */
  | 'fin'
  /** Ends it with RST. */
  | 'rst'
  /** Leaves it open and says nothing more. */
  | 'hang'
  /** Says the same to the next request on it. */
  | 'keep';

/** What is answered to one request: each element in a write of its own, text in latin1. */
export interface Script {
  readonly says: readonly (string | Buffer)[];
  readonly then: Ending;
  /** Does not wait for the request's body. */
  readonly early?: boolean;
}

const HEAD_END = '\r\n\r\n';

/** An engine that says exact bytes, whatever they mean, and ends as it is told. */
export class HostileUpstream {
  /** Requests as they came, head and body; text in latin1. */
  readonly requests: string[] = [];
  /** Connections ever made. */
  accepted = 0;
  private readonly sockets = new Set<Socket>();

  private constructor(
    private readonly server: Server,
    private readonly scripts: readonly Script[],
  ) {}

  /** @param scripts for the first request, the second one …; the last one serves all that follow */
  static async start(...scripts: Script[]): Promise<HostileUpstream> {
    const server = createServer({ noDelay: true });
    const upstream = new HostileUpstream(server, scripts);
    server.on('connection', (socket) => upstream.serve(socket));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return upstream;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  get hostPort(): string {
    return `127.0.0.1:${this.port}`;
  }

  /** Connections that are open now. */
  get connections(): number {
    return this.sockets.size;
  }

  async stop(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private serve(socket: Socket): void {
    this.accepted++;
    this.sockets.add(socket);
    socket.on('close', () => this.sockets.delete(socket));
    socket.on('error', () => undefined);
    let waiting = '';
    let silent = false;
    socket.on('data', (chunk) => {
      waiting += chunk.toString('latin1');
      for (;;) {
        if (silent) return;
        const script = this.scripts[Math.min(this.requests.length, this.scripts.length - 1)]!;
        const size = requestSize(waiting, script.early ?? false);
        if (size === undefined) return;
        this.requests.push(waiting.slice(0, size));
        waiting = waiting.slice(size);
        silent = script.then !== 'keep';
        void play(socket, script);
      }
    });
  }
}

async function play(socket: Socket, { says, then }: Script): Promise<void> {
  for (const words of says) {
    socket.write(words, 'latin1');
    // Lets the kernel deliver the pieces one by one.
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  if (then === 'fin') socket.end();
  else if (then === 'rst') socket.resetAndDestroy();
}

/** @returns how long the first request is, undefined while it is not complete */
function requestSize(text: string, headOnly: boolean): number | undefined {
  const end = text.indexOf(HEAD_END);
  if (end < 0) return undefined;
  const body = end + HEAD_END.length;
  if (headOnly) return body;
  const head = text.slice(0, end);
  if (/^transfer-encoding:/im.test(head)) {
    const last = text.indexOf('0\r\n\r\n', body);
    return last < 0 ? undefined : last + 5;
  }
  const length = Number(/^content-length: *(\d+)/im.exec(head)?.[1] ?? 0);
  return text.length >= body + length ? body + length : undefined;
}
