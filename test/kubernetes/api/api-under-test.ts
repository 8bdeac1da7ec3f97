import type { FakePod, FakePool } from '../../support/fake-apiserver-objects.js';

/**
 * Who asks: `sidecar` may get, list and watch pods and pools; `named` the same, but of the pools only the one that is
 * called pool; `wide` may get, list and watch the pods of all namespaces; `nobody` may do nothing.
 */
export type User = 'sidecar' | 'named' | 'wide' | 'nobody';

export const USERS: readonly User[] = ['sidecar', 'named', 'wide', 'nobody'];

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
  /** Creates it or changes its labels and its status. */
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
