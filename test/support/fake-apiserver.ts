import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { join } from 'node:path';
import { stringify } from 'yaml';
import {
  ALPHA,
  fakePodOf,
  isSelected,
  LLM_D,
  parseSelection,
  podObject,
  PODS,
  poolCollection,
  poolObject,
  V1,
  type FakePod,
  type FakePool,
} from './fake-apiserver-objects.js';
import { parseApiRequest, type ApiRequest } from './fake-apiserver-paths.js';
import { failure, goneStatus } from './fake-apiserver-status.js';
import { ApiObjectStore, type ApiObject } from './fake-apiserver-store.js';
import { FakeWatch } from './fake-apiserver-watch.js';

/** How a server is started. */
export interface FakeApiServerOptions {
  /** Milliseconds between the bookmarks of a watch. */
  readonly bookmarkMs?: number;
  /** PEM: serves by TLS. */
  readonly tls?: { readonly cert: string; readonly key: string };
}

const KINDS: Readonly<Record<string, string>> = {
  pods: 'PodList',
  inferencepools: 'InferencePoolList',
};

/** An object to be made; its namespace is demo unless given. */
export interface CustomObject {
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly creationTimestamp?: string;
  };
  readonly spec: Readonly<Record<string, unknown>>;
}

type Interceptor = (
  request: ApiRequest | undefined,
  response: ServerResponse,
  raw: IncomingMessage,
) => boolean;

/**
 * A Kubernetes API server in memory: list and watch of pods and InferencePools, as a client's list-watch loop sees a
 * real one, with all the ways in which it may fail. Loopback only.
 */
export class FakeApiServer {
  /** Bearer tokens that are taken; empty: everybody is. */
  readonly tokens = new Set<string>(['sidecar-token']);
  /** API groups that are installed; a path of another one is 404. */
  readonly groups = new Set<string>(['', V1, ALPHA, LLM_D]);
  /** All requests that came, oldest first. */
  readonly seen: ApiRequest[] = [];
  /** How a watch from a forgotten revision is told so. */
  goneAs: 'event' | 'status' = 'event';
  /** Most milliseconds that a watch lasts, whatever timeoutSeconds says. */
  longestWatchMs = Infinity;

  private readonly store = new ApiObjectStore(() => this.pump());
  private readonly watches = new Set<FakeWatch>();
  private readonly sockets = new Set<Socket>();
  private readonly denials = new Set<(request: ApiRequest) => boolean>();
  private readonly pages = new Map<string, { items: ApiObject[]; revision: number }>();
  private interceptors: Interceptor[] = [];
  private server: Server | undefined;
  private held: (() => void)[] | undefined;
  private silent = false;
  private knownPort = 0;

  private constructor(private readonly options: FakeApiServerOptions) {}

  static async start(options: FakeApiServerOptions = {}): Promise<FakeApiServer> {
    const server = new FakeApiServer(options);
    await server.start();
    return server;
  }

  get port(): number {
    return this.knownPort;
  }

  get url(): string {
    return `${this.options.tls ? 'https' : 'http'}://127.0.0.1:${this.port}`;
  }

  /** Connections that are open now. */
  get connections(): number {
    return this.sockets.size;
  }

  /** Watches that are open now. */
  get openWatches(): number {
    return this.watches.size;
  }

  /** @returns how many such requests came @param part is in their path */
  count(verb: ApiRequest['verb'], part = ''): number {
    return this.seen.filter((one) => one.verb === verb && one.path.includes(part)).length;
  }

  createPod(pod: FakePod): void {
    this.store.put(PODS, podObject(pod));
  }

  /** Changes what is given; the labels as a whole. */
  updatePod(name: string, change: Omit<FakePod, 'name' | 'namespace'>, namespace = 'demo'): void {
    const old = this.store.get(PODS, namespace, name);
    if (!old) throw new Error(`there is no pod ${namespace}/${name}`);
    const { ips, ...rest } = fakePodOf(old);
    const addresses = change.ip === undefined ? { ips } : {};
    this.store.put(PODS, podObject({ ...rest, ...addresses, ...change }));
  }

  deletePod(name: string, namespace = 'demo'): void {
    this.store.delete(PODS, namespace, name);
  }

  createPool(pool: FakePool = {}): void {
    this.store.put(poolCollection(pool), poolObject(pool));
  }

  /** Replaces the pool of that group and name. */
  updatePool(pool: FakePool): void {
    this.createPool(pool);
  }

  deletePool(pool: FakePool = {}): void {
    this.store.delete(poolCollection(pool), pool.namespace ?? 'demo', pool.name ?? 'pool');
  }

  /** Creates or replaces an object of any kind. @param collection `/apis/GROUP/VERSION/RESOURCE` */
  putObject(collection: string, object: CustomObject): void {
    const { metadata, ...rest } = object;
    this.store.put(collection, {
      ...rest,
      metadata: {
        namespace: 'demo',
        creationTimestamp: '2026-01-01T00:00:00Z',
        ...metadata,
      },
    });
  }

  deleteObject(collection: string, name: string, namespace = 'demo'): void {
    this.store.delete(collection, namespace, name);
  }

  /**
   * Answers 403 from now on to what fits.
   *
   * @param rule a predicate, or a part of the path
   * @returns a function that allows it again
   */
  deny(rule: string | ((request: ApiRequest) => boolean)): () => void {
    const fits = typeof rule === 'string' ? (one: ApiRequest) => one.path.includes(rule) : rule;
    this.denials.add(fits);
    return () => this.denials.delete(fits);
  }

  /**
   * Answers in another way.
   *
   * @param interceptor answers the request and returns true, or returns false
   * @returns a function that takes it away
   */
  intercept(interceptor: Interceptor): () => void {
    this.interceptors.push(interceptor);
    return () => {
      this.interceptors = this.interceptors.filter((one) => one !== interceptor);
    };
  }

  /** Takes connections and answers nothing, and open watches stand still: a stopped process. */
  hang(): void {
    this.held ??= [];
  }

  /** Ends {@link hang}: what was asked meanwhile is answered. */
  resume(): void {
    const held = this.held ?? [];
    this.held = undefined;
    for (const answer of held) answer();
    this.pump();
  }

  /** Open watches lose all events and bookmarks from now on, or no longer. */
  silence(on = true): void {
    this.pump();
    this.silent = on;
  }

  /** Breaks off the connections of all watches. */
  cutWatches(): void {
    for (const watch of this.watches) watch.cut();
  }

  /** Ends all watches, as the server does after timeoutSeconds. */
  endWatches(): void {
    for (const watch of this.watches) watch.end();
  }

  /** Sends every watch that asked for bookmarks one now. */
  bookmark(): void {
    if (this.silent || this.held) return;
    for (const watch of this.watches) watch.bookmark();
  }

  /** Forgets all history, so that older watches and pages are told 410. */
  compact(): void {
    this.store.compact();
    this.pages.clear();
  }

  /** Puts the revision counter back, as a restored backup does. */
  restoreRevision(revision: number): void {
    this.store.restore(revision);
  }

  /** Listens again, on the port that it had. */
  async start(): Promise<void> {
    const handler = (request: IncomingMessage, response: ServerResponse): void => {
      if (this.held) this.held.push(() => this.handle(request, response));
      else this.handle(request, response);
    };
    const { tls } = this.options;
    const server = tls ? createTlsServer(tls, handler) : createServer(handler);
    server.on('connection', (socket: Socket) => {
      this.sockets.add(socket);
      socket.on('close', () => this.sockets.delete(socket));
      socket.on('error', () => undefined);
    });
    server.listen(this.knownPort, '127.0.0.1');
    await once(server, 'listening');
    this.knownPort = (server.address() as AddressInfo).port;
    this.server = server;
  }

  /** Dies: every connection is broken off, new ones are refused. Objects stay. */
  async stop(): Promise<void> {
    const { server } = this;
    if (!server) return;
    this.server = undefined;
    this.held = undefined;
    const closed = once(server, 'close');
    server.close();
    for (const socket of this.sockets) socket.destroy();
    await closed;
  }

  /** @returns the path of a kubeconfig that leads here, with the first token */
  async writeKubeconfig(folder: string): Promise<string> {
    const [token] = this.tokens;
    const path = join(folder, `kubeconfig-${randomBytes(4).toString('hex')}`);
    const { cert } = this.options.tls ?? {};
    const ca = cert && { 'certificate-authority-data': Buffer.from(cert).toString('base64') };
    const config = {
      apiVersion: 'v1',
      kind: 'Config',
      'current-context': 'fake',
      clusters: [{ name: 'fake', cluster: { server: this.url, ...ca } }],
      users: [{ name: 'sidecar', user: token === undefined ? {} : { token } }],
      contexts: [{ name: 'fake', context: { cluster: 'fake', user: 'sidecar' } }],
    };
    await writeFile(path, stringify(config));
    return path;
  }

  private pump(): void {
    if (this.held) return;
    for (const watch of this.watches) watch.pump(this.silent);
  }

  /** Answers a request, now: for interceptors that held it back. */
  handle(raw: IncomingMessage, response: ServerResponse): void {
    const request = parseApiRequest(raw.url!, raw.headers.authorization);
    if (request) this.seen.push(request);
    if (this.interceptors.some((interceptor) => interceptor(request, response, raw))) return;
    if (this.tokens.size > 0 && !this.isKnown(raw.headers.authorization)) {
      sendStatus(response, 401, 'Unauthorized', 'Unauthorized');
    } else if (!request || !this.groups.has(request.group)) {
      // A path that no API group serves is answered like this, without a Status.
      response.writeHead(404, { 'content-type': 'text/plain' }).end('404 page not found\n');
    } else if ([...this.denials].some((fits) => fits(request))) {
      const { verb, resource, group, namespace } = request;
      const what = `${resource}${group && `.${group}`} is forbidden: User "sidecar" cannot ${verb} resource "${resource}"`;
      const where = `in API group "${group}" in the namespace "${namespace}"`;
      sendStatus(response, 403, 'Forbidden', `${what} ${where}`);
    } else if (request.verb === 'get') {
      this.get(request, response);
    } else {
      try {
        if (request.verb === 'list') this.list(request, response);
        else this.watch(request, response);
      } catch (error) {
        sendStatus(response, 400, 'BadRequest', (error as Error).message);
      }
    }
  }

  private isKnown(authorization = ''): boolean {
    return this.tokens.has(authorization.replace(/^Bearer /, ''));
  }

  private get(request: ApiRequest, response: ServerResponse): void {
    const { collection, namespace, name, resource, group } = request;
    const object = this.store.get(collection, namespace, name!);
    if (object) sendJson(response, 200, object);
    else sendStatus(response, 404, 'NotFound', `${resource}.${group} "${name}" not found`);
  }

  private list(request: ApiRequest, response: ServerResponse): void {
    const { collection, namespace, query } = request;
    if (Number(query.get('resourceVersion') ?? 0) > this.store.revision) {
      sendStatus(response, 504, 'Timeout', 'Too large resource version');
      return;
    }
    const token = query.get('continue') ?? '';
    const selection = parseSelection(query);
    const whole = token === '' ? undefined : this.pages.get(token);
    if (token !== '' && !whole) {
      sendStatus(response, 410, 'Expired', 'The provided continue parameter is too old');
      return;
    }
    const { items, revision } = whole ?? {
      items: this.store.list(collection, namespace).filter((one) => isSelected(one, selection)),
      revision: this.store.revision,
    };
    const limit = Number(query.get('limit') ?? 0) || Infinity;
    const rest = items.slice(limit);
    const next = rest.length > 0 ? randomBytes(8).toString('base64url') : '';
    if (next !== '') this.pages.set(next, { items: rest, revision });
    const kind = KINDS[request.resource] ?? 'List';
    const metadata = {
      resourceVersion: String(revision),
      ...(next && { continue: next, remainingItemCount: rest.length }),
    };
    sendJson(response, 200, { kind, metadata, items: items.slice(0, limit) });
  }

  private watch(request: ApiRequest, response: ServerResponse): void {
    const { collection, namespace, query } = request;
    const version = Number(query.get('resourceVersion') ?? 0);
    const from = version === 0 ? undefined : version;
    if (from !== undefined && from < this.store.compacted && this.goneAs === 'status') {
      sendJson(response, 410, goneStatus(from, this.store.compacted));
      return;
    }
    const bookmarks = query.get('allowWatchBookmarks') === 'true';
    const asked = { collection, namespace, selection: parseSelection(query), from, bookmarks };
    const watch = new FakeWatch(this.store, response, asked);
    const seconds = Number(query.get('timeoutSeconds') ?? 1800);
    const end = setTimeout(
      () => watch.end(),
      Math.min(seconds * 1000, this.longestWatchMs, 2 ** 31 - 1),
    );
    const bookmark = setInterval(() => {
      if (!this.silent && !this.held) watch.bookmark();
    }, this.options.bookmarkMs ?? 60_000);
    this.watches.add(watch);
    response.on('close', () => {
      clearTimeout(end);
      clearInterval(bookmark);
      this.watches.delete(watch);
    });
    watch.pump(this.silent);
  }
}

function sendJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

function sendStatus(response: ServerResponse, code: number, reason: string, message: string): void {
  sendJson(response, code, failure(code, reason, message));
}
