import type { FakePod, FakePool } from '../../support/fake-apiserver-objects.js';

/**
 * Who asks: `picker` may list and watch pods, pools, objectives and model rewrites; `sidecar` may list and watch pods and pools; `named` the same, but of the pools only the one that is
 * called pool; `wide` may list and watch the pods of all namespaces; `nobody` may do nothing.
 */
export type User = 'picker' | 'sidecar' | 'named' | 'wide' | 'nobody';

export const USERS: readonly User[] = ['picker', 'sidecar', 'named', 'wide', 'nobody'];

export type ObjectKind = 'inferenceobjectives' | 'inferencemodelrewrites';

/** The kinds of llm-d.ai, by the names of their collections. */
export const OBJECT_KINDS: Readonly<Record<ObjectKind, string>> = {
  inferenceobjectives: 'InferenceObjective',
  inferencemodelrewrites: 'InferenceModelRewrite',
};
export const OBJECT_GROUP = 'llm-d.ai';
export const OBJECT_VERSION = 'v1alpha2';

export interface NamedObject {
  readonly namespace: string;
  readonly name: string;
  readonly spec: Readonly<Record<string, unknown>>;
}

/** An API server that scenarios do to what happens to API servers. */
export interface ApiUnderTest {
  /** What it is, with versions. */
  readonly name: string;
  readonly isReal: boolean;
  readonly port: number;
  /** Makes a namespace in which the users have their permissions. */
  makeNamespace(namespace: string): Promise<void>;
  /** Creates or replaces. */
  putPool(pool: FakePool & { namespace: string }): Promise<void>;
  deletePool(pool: FakePool & { namespace: string }): Promise<void>;
  /** Stops serving the API of a group of pools, which keeps them, or serves it again. */
  servePools(group: string, served: boolean): Promise<void>;
  /** Creates or replaces an object of a kind of {@link OBJECT_KINDS}. */
  putObject(kind: ObjectKind, object: NamedObject): Promise<void>;
  deleteObject(kind: ObjectKind, name: string, namespace: string): Promise<void>;
  /** Stops serving the objectives and model rewrites of llm-d.ai, which keeps them, or serves them again. */
  serveObjects(served: boolean): Promise<void>;
  /**
   * Defines pools, objectives and rewrites as their projects do, where their definitions are found.
   *
   * @returns the names of those that were found
   */
  defineAsOthers(): Promise<readonly string[]>;
  /** Ends {@link defineAsOthers}. */
  defineAsBefore(): Promise<void>;
  /** Creates it or changes its labels, its annotations and its status. */
  putPod(pod: FakePod & { namespace: string }): Promise<void>;
  /** Begins to delete it: it has a deletionTimestamp from now on. */
  terminatePod(name: string, namespace: string): Promise<void>;
  /** At once. */
  deletePod(name: string, namespace: string): Promise<void>;
  /**
   * @param port another way to the server
   * @returns the path of a kubeconfig with a token file
   */
  kubeconfig(user: User, port?: number): Promise<string>;
  /** Makes the token of `sidecar` invalid; the token file has the new one. */
  rotateToken(): Promise<void>;
  /** SIGKILL. */
  kill(): Promise<void>;
  /** Starts it again where it was, with what it had. */
  restart(): Promise<void>;
  /** SIGSTOP, SIGCONT. */
  freeze(): void;
  thaw(): void;
  /** Makes the server forget all revisions until now. */
  compact(): Promise<void>;
  stop(): Promise<void>;
}
