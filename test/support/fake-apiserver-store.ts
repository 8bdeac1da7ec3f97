/** An object as the API serves it. */
export interface ApiObject {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace: string;
    readonly uid: string;
    readonly resourceVersion: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly [field: string]: unknown;
  };
  readonly [field: string]: unknown;
}

/** A change, at its revision. */
export interface Change {
  readonly revision: number;
  /** Path of the collection: `/api/v1/pods`, `/apis/GROUP/VERSION/inferencepools`. */
  readonly collection: string;
  readonly before: ApiObject | undefined;
  readonly after: ApiObject | undefined;
}

interface Draft {
  readonly metadata: {
    readonly name: string;
    readonly namespace: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly [field: string]: unknown;
  };
  readonly [field: string]: unknown;
}

let uids = 0;

/** Objects in memory with one revision counter and a history, as etcd has them. */
export class ApiObjectStore {
  revision = 1000;
  /** Changes up to this revision are forgotten. */
  compacted = 0;
  private history: Change[] = [];
  private readonly objects = new Map<string, ApiObject>();

  /** @param onChange is called after each change */
  constructor(private readonly onChange: () => void) {}

  get(collection: string, namespace: string, name: string): ApiObject | undefined {
    return this.objects.get(`${collection} ${namespace}/${name}`);
  }

  /** @param namespace empty: all @returns the objects, sorted by name */
  list(collection: string, namespace: string): ApiObject[] {
    const prefix = `${collection} ${namespace && `${namespace}/`}`;
    return [...this.objects]
      .filter(([key]) => key.startsWith(prefix))
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([, object]) => object);
  }

  /** Creates or replaces an object; it keeps its uid. */
  put(collection: string, draft: Draft): ApiObject {
    const { namespace, name } = draft.metadata;
    const before = this.get(collection, namespace, name);
    const uid = before?.metadata.uid ?? `uid-${++uids}`;
    const metadata = { ...draft.metadata, uid, resourceVersion: String(this.revision + 1) };
    const after: ApiObject = { ...draft, metadata };
    this.objects.set(`${collection} ${namespace}/${name}`, after);
    this.record(collection, before, after);
    return after;
  }

  delete(collection: string, namespace: string, name: string): void {
    const before = this.get(collection, namespace, name);
    if (!before) throw new Error(`there is no ${namespace}/${name} in ${collection}`);
    this.objects.delete(`${collection} ${namespace}/${name}`);
    this.record(collection, before, undefined);
  }

  /** @returns the changes after a revision, oldest first */
  since(revision: number): Change[] {
    return this.history.filter((change) => change.revision > revision);
  }

  /** Forgets all history: a watch from an older revision is told 410. */
  compact(): void {
    // A revision of its own, so that also the newest one handed out is too old.
    this.revision++;
    this.compacted = this.revision;
    this.history = [];
  }

  /** Puts the revision back, with nothing known of what came after it. */
  restore(revision: number): void {
    this.revision = revision;
    this.history = [];
  }

  private record(
    collection: string,
    before: ApiObject | undefined,
    after: ApiObject | undefined,
  ): void {
    const revision = ++this.revision;
    this.history.push({ revision, collection, before, after });
    this.onChange();
  }
}
