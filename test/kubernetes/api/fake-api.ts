import { writeFileSync } from 'node:fs';
import { FakeApiServer } from '../../support/fake-apiserver.js';
import type { FakePod, FakePool } from '../../support/fake-apiserver-objects.js';
import {
  OBJECT_GROUP,
  OBJECT_VERSION,
  USERS,
  type ApiUnderTest,
  type NamedObject,
  type ObjectKind,
  type User,
} from './api-under-test.js';
import { tokenFile, writeKubeconfig } from './kubeconfig.js';

/** The API server in memory. */
export class FakeApi implements ApiUnderTest {
  readonly name = 'the fake API server in memory';
  readonly isReal = false;
  private readonly server: FakeApiServer;
  private readonly folder: string;
  private readonly pods = new Set<string>();
  private rotations = 0;

  private constructor(server: FakeApiServer, folder: string) {
    this.server = server;
    this.folder = folder;
  }

  /** @param folder for token files and kubeconfigs */
  static async start(folder: string): Promise<FakeApi> {
    const server = await FakeApiServer.start();
    server.tokens.clear();
    server.groups.add(OBJECT_GROUP);
    for (const user of USERS) {
      server.tokens.add(`${user}-token`);
      writeFileSync(tokenFile(folder, user), `${user}-token\n`);
    }
    server.deny(({ authorization, resource, name, namespace }) => {
      if (authorization === 'Bearer nobody-token') return true;
      if (namespace === '' && authorization !== 'Bearer wide-token') return true;
      const isObject = !['pods', 'inferencepools'].includes(resource);
      if (isObject && authorization !== 'Bearer picker-token') return true;
      const isNamed = authorization === 'Bearer named-token';
      return isNamed && resource === 'inferencepools' && name !== 'pool';
    });
    return new FakeApi(server, folder);
  }

  get port(): number {
    return this.server.port;
  }

  async makeNamespace(): Promise<void> {}

  async putPool(pool: FakePool & { namespace: string }): Promise<void> {
    this.server.createPool(pool);
  }

  async deletePool(pool: FakePool & { namespace: string }): Promise<void> {
    this.server.deletePool(pool);
  }

  async servePools(group: string, served: boolean): Promise<void> {
    if (served) this.server.groups.add(group);
    else this.server.groups.delete(group);
    this.server.cutWatches();
  }

  async putObject(kind: ObjectKind, { name, namespace, spec }: NamedObject): Promise<void> {
    this.server.putObject(collectionOf(kind), { metadata: { name, namespace }, spec });
  }

  async deleteObject(kind: ObjectKind, name: string, namespace: string): Promise<void> {
    this.server.deleteObject(collectionOf(kind), name, namespace);
  }

  serveObjects(served: boolean): Promise<void> {
    return this.servePools(OBJECT_GROUP, served);
  }

  async defineAsOthers(): Promise<readonly string[]> {
    return [];
  }

  async defineAsBefore(): Promise<void> {}

  async putPod(pod: FakePod & { namespace: string }): Promise<void> {
    const key = `${pod.namespace}/${pod.name}`;
    if (this.pods.has(key))
      this.server.updatePod(pod.name, { labels: { app: 'vllm' }, ...pod }, pod.namespace);
    else this.server.createPod(pod);
    this.pods.add(key);
  }

  async terminatePod(name: string, namespace: string): Promise<void> {
    this.server.updatePod(name, { deletionTimestamp: new Date().toISOString() }, namespace);
  }

  async deletePod(name: string, namespace: string): Promise<void> {
    this.server.deletePod(name, namespace);
    this.pods.delete(`${namespace}/${name}`);
  }

  async kubeconfig(user: User, port = this.port): Promise<string> {
    return writeKubeconfig({ folder: this.folder, user, server: `http://127.0.0.1:${port}` });
  }

  async rotateToken(): Promise<void> {
    const token = `sidecar-token-${++this.rotations}`;
    for (const old of this.server.tokens)
      if (old.startsWith('sidecar')) this.server.tokens.delete(old);
    this.server.tokens.add(token);
    writeFileSync(tokenFile(this.folder, 'sidecar'), `${token}\n`);
    this.server.cutWatches();
  }

  kill(): Promise<void> {
    return this.server.stop();
  }

  restart(): Promise<void> {
    return this.server.start();
  }

  freeze(): void {
    this.server.hang();
  }

  thaw(): void {
    this.server.resume();
  }

  async compact(): Promise<void> {
    this.server.compact();
  }

  stop(): Promise<void> {
    return this.server.stop();
  }
}

function collectionOf(kind: ObjectKind): string {
  return `/apis/${OBJECT_GROUP}/${OBJECT_VERSION}/${kind}`;
}
