import type { ServerResponse } from 'node:http';
import { isSelected, type Selection } from './fake-apiserver-objects.js';
import type { ApiObject, ApiObjectStore, Change } from './fake-apiserver-store.js';
import { goneStatus } from './fake-apiserver-status.js';

/** What a watch was asked for. */
export interface WatchRequest {
  readonly collection: string;
  readonly namespace: string;
  readonly selection: Selection;
  /** Undefined: all objects first. */
  readonly from: number | undefined;
  readonly bookmarks: boolean;
}

/** An open watch: a stream of events, one JSON object a line. */
export class FakeWatch {
  private position: number;

  constructor(
    private readonly store: ApiObjectStore,
    private readonly response: ServerResponse,
    private readonly request: WatchRequest,
  ) {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.flushHeaders();
    this.position = request.from ?? store.revision;
    if (request.from === undefined) {
      const { collection, namespace, selection } = request;
      for (const object of store.list(collection, namespace))
        if (isSelected(object, selection)) this.send('ADDED', object);
    } else if (request.from < store.compacted) {
      this.send('ERROR', goneStatus(request.from, store.compacted));
      response.end();
    }
  }

  /** @param silently events are lost instead of sent */
  pump(silently: boolean): void {
    for (const change of this.store.since(this.position)) {
      this.position = change.revision;
      if (!silently) this.tell(change);
    }
  }

  /** Says how far this watch has come. */
  bookmark(): void {
    if (!this.request.bookmarks || this.response.writableEnded) return;
    this.position = Math.max(this.position, this.store.revision);
    const kind = this.request.collection.endsWith('/pods') ? 'Pod' : 'InferencePool';
    this.send('BOOKMARK', { kind, metadata: { resourceVersion: String(this.position) } });
  }

  /** Ends it as the server does after timeoutSeconds. */
  end(): void {
    this.bookmark();
    this.response.end();
  }

  /** Breaks the connection off. */
  cut(): void {
    this.response.destroy();
  }

  private tell({ collection, before, after, revision }: Change): void {
    const { namespace, selection } = this.request;
    const { metadata } = (after ?? before)!;
    if (collection !== this.request.collection) return;
    if (namespace !== '' && metadata.namespace !== namespace) return;
    const was = isSelected(before, selection);
    const is = isSelected(after, selection);
    if (is) this.send(was ? 'MODIFIED' : 'ADDED', after!);
    else if (was) this.send('DELETED', atRevision(after ?? before!, revision));
  }

  private send(type: string, object: unknown): void {
    if (!this.response.writableEnded) this.response.write(`${JSON.stringify({ type, object })}\n`);
  }
}

function atRevision(object: ApiObject, revision: number): ApiObject {
  return { ...object, metadata: { ...object.metadata, resourceVersion: String(revision) } };
}
