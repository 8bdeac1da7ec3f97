import type { IncomingMessage } from 'node:http';
import type { Cluster } from './cluster-connection.js';
import type { WatchTimings } from '../watch-timings.js';
import { ApiError, asApiError, refusal } from './api-error.js';
import { LineSplitter } from './line-splitter.js';
import type { Right, Subject } from './right.js';
import { StallGuard } from './stall-guard.js';

/** A collection of objects of one namespace or of all, or the part of it that a selector leaves. */
export interface Collection extends Subject {
  /** `/api/v1/namespaces/NAMESPACE/pods`, `/api/v1/pods` and the like. */
  readonly path: string;
  /** `labelSelector` or `fieldSelector`. */
  readonly query: Readonly<Record<string, string>>;
}

/** What a list holds. */
export interface Listed {
  readonly items: readonly unknown[];
  /** Where a watch goes on from. */
  readonly version: string;
}

/** One line of a watch. */
export interface WatchEvent {
  readonly type: string;
  readonly object: unknown;
}

/** How a watch ended that was accepted. */
export type WatchEnd = 'ended' | 'cut' | 'idle' | 'due';

/** How long a watch may last, in milliseconds. */
export interface WatchLimits {
  /** What the server is asked for. */
  readonly serverMs: number;
  /** It is ended from here when it is open for so long. */
  readonly clientMs: number;
  /** It is given up when nothing at all comes for so long. */
  readonly idleMs: number;
  /** How long its head may take; left out: as long as other answers. */
  readonly openMs?: number;
}

/** Objects of 500 pods take some MiB. */
const LARGEST_PAGE = 256 * 1024 * 1024;
const LONGEST_REFUSAL = 64 * 1024;

/** Of a Status, for one log line. */
const LONGEST_REASON = 800;

/** Lists and watches a collection: one request at a time, no state between them. */
export class CollectionClient {
  constructor(
    private readonly cluster: Cluster,
    private readonly collection: Collection,
    private readonly timings: WatchTimings,
  ) {}

  /**
   * Lists all, page by page.
   *
   * @throws ApiError, or the reason of the signal
   */
  async list(signal: AbortSignal): Promise<Listed> {
    const whole = new StallGuard(signal);
    const { listTimeoutMs, pageSize } = this.timings;
    whole.within(listTimeoutMs, () => this.silence(listTimeoutMs));
    try {
      const items: unknown[] = [];
      for (let token = ''; ;) {
        const query = { limit: String(pageSize), ...(token && { continue: token }) };
        const page = parsePage(await this.page(query, whole.signal));
        items.push(...page.items);
        if (page.next === '') return { items, version: page.version };
        token = page.next;
      }
    } catch (error) {
      if (signal.aborted) throw error;
      throw asApiError(this.cluster.name, error);
    } finally {
      whole.end();
    }
  }

  /**
   * Watches until the server ends it, the connection breaks, or nothing comes for too long.
   *
   * @param onOpen is called once the server has accepted it
   * @param onEvents gets the events of a chunk together
   * @throws ApiError when it is not accepted; what the callbacks throw; the reason of the signal
   */
  async watch(
    version: string,
    { serverMs, clientMs, idleMs, openMs }: WatchLimits,
    { signal, onOpen, onEvents }: WatchHandlers,
  ): Promise<WatchEnd> {
    const due = new ApiError('the watch lasted long enough');
    const limit = new StallGuard(signal);
    const guard = new StallGuard(limit.signal);
    if (openMs !== undefined) limit.within(clientMs, () => due);
    try {
      const response = await this.open(
        {
          watch: '1',
          allowWatchBookmarks: 'true',
          resourceVersion: version,
          timeoutSeconds: String(Math.max(1, Math.round(serverMs / 1000))),
        },
        guard,
        openMs,
      );
      limit.within(clientMs, () => due);
      try {
        onOpen();
        return await readEvents(response, guard, { idleMs, onEvents });
      } finally {
        response.destroy();
      }
    } catch (error) {
      if (error === due) return 'due';
      if (signal.aborted) throw error;
      throw asApiError(this.cluster.name, error);
    } finally {
      guard.end();
      limit.end();
    }
  }

  private async page(query: Record<string, string>, signal: AbortSignal): Promise<string> {
    const guard = new StallGuard(signal);
    try {
      const response = await this.open(query, guard);
      return await this.read(response, guard, LARGEST_PAGE);
    } finally {
      guard.end();
    }
  }

  /** @returns the answer when its status is 200 */
  private async open(
    query: Record<string, string>,
    guard: StallGuard,
    within = this.timings.answerTimeoutMs,
  ): Promise<IncomingMessage> {
    const { path, query: selector } = this.collection;
    guard.within(within, () => this.silence(within));
    const all = new URLSearchParams({ ...selector, ...query }).toString();
    const response = await this.cluster.get(`${path}?${all}`, guard.signal);
    if (response.statusCode === 200) return response;
    const text = await this.read(response, guard, LONGEST_REFUSAL).catch(() => '');
    const verb: Right['verb'] = 'watch' in query ? 'watch' : 'list';
    throw refusal(
      this.cluster.name,
      { ...this.collection, verb },
      {
        status: response.statusCode!,
        text: messageOf(text),
        retryAfterMs: Number(response.headers['retry-after'] ?? 0) * 1000 || 0,
      },
    );
  }

  /** @throws Error when nothing comes for too long, or too much */
  private async read(response: IncomingMessage, guard: StallGuard, most: number): Promise<string> {
    const { answerTimeoutMs } = this.timings;
    const chunks: Buffer[] = [];
    let bytes = 0;
    try {
      for await (const chunk of response as AsyncIterable<Buffer>) {
        guard.within(answerTimeoutMs, () => this.silence(answerTimeoutMs));
        bytes += chunk.length;
        if (bytes > most) throw new ApiError(`an answer of ${this.cluster.name} is too large`);
        chunks.push(chunk);
      }
    } catch (error) {
      throw guard.signal.aborted ? guard.signal.reason : error;
    }
    return Buffer.concat(chunks).toString('utf8');
  }

  private silence(milliseconds: number): ApiError {
    return new ApiError(
      `${this.cluster.name} does not answer (no answer within ${milliseconds} ms)`,
    );
  }
}

/** What a watch calls. */
export interface WatchHandlers {
  readonly signal: AbortSignal;
  readonly onOpen: () => void;
  readonly onEvents: (events: readonly WatchEvent[]) => void;
}

async function readEvents(
  response: IncomingMessage,
  guard: StallGuard,
  { idleMs, onEvents }: Pick<WatchLimits & WatchHandlers, 'idleMs' | 'onEvents'>,
): Promise<WatchEnd> {
  const idle = new ApiError(`no event for ${idleMs} ms`);
  const splitter = new LineSplitter();
  guard.within(idleMs, () => idle);
  const chunks = response[Symbol.asyncIterator]();
  for (;;) {
    let next: IteratorResult<Buffer>;
    try {
      next = (await chunks.next()) as IteratorResult<Buffer>;
    } catch (error) {
      if (guard.signal.reason === idle) return 'idle';
      if (guard.signal.aborted) throw guard.signal.reason ?? error;
      return 'cut';
    }
    if (next.done) return 'ended';
    guard.within(idleMs, () => idle);
    onEvents(splitter.push(next.value).map(parseEvent));
  }
}

function parsePage(text: string): Listed & { next: string } {
  const { items, metadata } = JSON.parse(text) as {
    items?: unknown;
    metadata?: { resourceVersion?: unknown; continue?: unknown };
  };
  const version = metadata?.resourceVersion;
  // Without both it is no list, whatever the status says: it must not empty the set.
  if (typeof version !== 'string' || !(Array.isArray(items) || items === null)) {
    throw new ApiError('the API server answers a list with something else');
  }
  const next = metadata?.continue;
  return { items: items ?? [], version, next: typeof next === 'string' ? next : '' };
}

function parseEvent(line: string): WatchEvent {
  const { type, object } = JSON.parse(line) as Partial<WatchEvent>;
  if (typeof type !== 'string') throw new ApiError('the API server sends an event without a type');
  return { type, object };
}

/** @returns the message of a Status, cut short */
function messageOf(text: string): string {
  try {
    const { message } = JSON.parse(text) as { message?: unknown };
    return typeof message === 'string' ? message.slice(0, LONGEST_REASON) : '';
  } catch {
    return '';
  }
}
