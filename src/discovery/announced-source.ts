import type { EndpointSpec } from '../fleet/endpoint.js';
import type { Logger } from '../logging/logger.js';
import { ZmqServer } from '../zmq/zmq-server.js';
import { readAnnouncement } from './announcement.js';
import type { EndpointSource, FoundEndpoint } from './endpoint-source.js';

export interface AnnouncedOptions {
  readonly host: string;
  readonly port: number;
  readonly logger: Logger;
  /** Milliseconds, for tests. */
  readonly times?: AnnouncementTimes;
}

export interface AnnouncementTimes {
  /** For which a worker is used that says nothing more. */
  readonly fresh: number;
  /** For which it is remembered, with what it has in its cache. */
  readonly known: number;
  /** Between two looks at who has fallen silent. */
  readonly tick: number;
}

/** vLLM's engines say that they are there every three seconds, and its proxies believe it for five. */
const TIMES: AnnouncementTimes = { fresh: 5_000, known: 60_000, tick: 250 };
const MAX_MESSAGE_BYTES = 4096;
const MAX_WORKERS = 1024;

interface Announced {
  readonly spec: EndpointSpec;
  heardAt: number;
}

/** Workers that announce themselves over ZeroMQ every few seconds; one that falls silent gets no requests. */
export class AnnouncedSource implements EndpointSource {
  readonly name = 'announced';
  provedAt: number | undefined;
  private readonly known = new Map<string, Announced>();
  private readonly times: AnnouncementTimes;
  private publish: ((found: readonly FoundEndpoint[]) => void) | undefined;
  private server: ZmqServer | undefined;
  private timer: NodeJS.Timeout | undefined;
  /** What was published last: who is usable. */
  private told = '';
  private toldAt = -Infinity;
  private lastFault = '';

  private constructor(private readonly options: AnnouncedOptions) {
    this.times = options.times ?? TIMES;
  }

  /** @throws the system's error when the port cannot be had */
  static async listen(options: AnnouncedOptions): Promise<AnnouncedSource> {
    const source = new AnnouncedSource(options);
    source.server = await ZmqServer.listen({
      type: 'ROUTER',
      host: options.host,
      port: options.port,
      maxMessageBytes: MAX_MESSAGE_BYTES,
      maxPeers: 2 * MAX_WORKERS,
      // A REQ socket sends an empty part before.
      message: (parts) => source.hear(parts.at(-1)!),
    });
    return source;
  }

  get port(): number {
    return this.server!.port;
  }

  start(publish: (found: readonly FoundEndpoint[]) => void): void {
    this.publish = publish;
    this.timer = setInterval(() => this.tell(), this.times.tick).unref();
    this.tell();
  }

  stop(): void {
    clearInterval(this.timer);
    this.publish = undefined;
    void this.server?.close();
  }

  private hear(bytes: Uint8Array): void {
    const spec = readAnnouncement(bytes);
    if (typeof spec === 'string') return this.complain(spec);
    const now = performance.now();
    this.provedAt = now;
    const { url } = spec.address;
    const before = this.known.get(url);
    if (before && keyOf(before.spec) === keyOf(spec)) {
      before.heardAt = now;
    } else {
      if (!before && this.known.size >= MAX_WORKERS) return this.complain('too many workers');
      this.known.set(url, { spec, heardAt: now });
    }
    this.tell();
  }

  /** Each fault once, until another one comes. */
  private complain(reason: string): void {
    if (reason === this.lastFault) return;
    this.lastFault = reason;
    this.options.logger.warn('an announcement at --vllm-discovery-address is wrong', { reason });
  }

  private tell(): void {
    const now = performance.now();
    const found: FoundEndpoint[] = [];
    let told = '';
    for (const [url, { spec, heardAt }] of this.known) {
      const age = now - heardAt;
      if (age > this.times.known) {
        this.known.delete(url);
        continue;
      }
      const usable = age <= this.times.fresh;
      const identity = keyOf(spec);
      found.push({ spec, identity, usable });
      told += `${url} ${identity} ${usable}\n`;
    }
    if (!this.publish || (told === this.told && now - this.toldAt < this.times.known)) return;
    this.told = told;
    this.toldAt = now;
    this.publish(found);
  }
}

/** An engine that has started anew binds another port, mostly. */
function keyOf({ role, labels }: EndpointSpec): string {
  return `${role} ${JSON.stringify(labels)}`;
}
