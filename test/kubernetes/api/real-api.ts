import { writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  podObject,
  poolCollection,
  poolObject,
  type FakePod,
  type FakePool,
} from '../../support/fake-apiserver-objects.js';
import type { AdminClient } from './admin-client.js';
import {
  OBJECT_GROUP,
  OBJECT_KINDS,
  OBJECT_VERSION,
  USERS,
  type ApiUnderTest,
  type NamedObject,
  type ObjectKind,
  type User,
} from './api-under-test.js';
import { ControlPlane } from './control-plane.js';
import type { Binaries } from './find-binaries.js';
import { foundDefinitions } from './found-definitions.js';
import { tokenFile, writeKubeconfig } from './kubeconfig.js';
import {
  CLUSTER_ROLE,
  CLUSTER_ROLE_BINDING,
  OBJECT_DEFINITIONS,
  POOL_DEFINITIONS,
  role,
  roleBinding,
  type Definition,
} from './manifests.js';

const RBAC = '/apis/rbac.authorization.k8s.io/v1';
const DEFINITIONS = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';

const ALL_DEFINITIONS = [...POOL_DEFINITIONS, ...OBJECT_DEFINITIONS];

/** A kube-apiserver with its etcd. */
export class RealApi implements ApiUnderTest {
  readonly name: string;
  readonly isReal = true;
  private readonly plane: ControlPlane;
  private readonly folder: string;
  private readonly tokens: Record<string, string> = {};
  private rotations = 0;

  private constructor(plane: ControlPlane, folder: string) {
    this.plane = plane;
    this.folder = folder;
    this.name = plane.versions;
    for (const user of USERS) this.giveToken(user, `${user}-token`);
  }

  /** @param folder for all that they write */
  static async start(binaries: Binaries, folder: string): Promise<RealApi> {
    const api = new RealApi(await ControlPlane.start(binaries, folder), folder);
    try {
      await api.plane.startServer(api.tokens);
      for (const definition of ALL_DEFINITIONS) await api.define(definition);
      await api.admin.expect('POST', `${RBAC}/clusterroles`, { body: CLUSTER_ROLE });
      await api.admin.expect('POST', `${RBAC}/clusterrolebindings`, { body: CLUSTER_ROLE_BINDING });
    } catch (error) {
      await api.stop();
      throw error;
    }
    return api;
  }

  get port(): number {
    return this.plane.port;
  }

  private get admin(): AdminClient {
    return this.plane.admin;
  }

  async makeNamespace(namespace: string): Promise<void> {
    const body = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } };
    await this.admin.expect('POST', '/api/v1/namespaces', { body });
    for (const user of ['picker', 'sidecar', 'named'] as const) {
      const home = `${RBAC}/namespaces/${namespace}`;
      await this.admin.expect('POST', `${home}/roles`, { body: role(user) });
      await this.admin.expect('POST', `${home}/rolebindings`, { body: roleBinding(user) });
    }
  }

  async putPool(pool: FakePool & { namespace: string }): Promise<void> {
    await this.put(poolPath(pool), poolObject(pool));
  }

  private async put(path: string, body: { metadata: { name: string } }): Promise<void> {
    const made = await this.admin.expect('POST', path, { body, also: [409] });
    if (made.status !== 409) return;
    const one = `${path}/${body.metadata.name}`;
    const { metadata } = (await this.admin.expect('GET', one)).body as {
      metadata: { resourceVersion: string };
    };
    const { resourceVersion } = metadata;
    const next = { ...body, metadata: { ...body.metadata, resourceVersion } };
    await this.admin.expect('PUT', one, { body: next });
  }

  async deletePool(pool: FakePool & { namespace: string }): Promise<void> {
    await this.admin.expect('DELETE', `${poolPath(pool)}/${pool.name ?? 'pool'}`);
  }

  servePools(group: string, served: boolean): Promise<void> {
    return this.serve(
      POOL_DEFINITIONS.find(({ spec }) => spec.group === group)!,
      served,
    );
  }

  async serveObjects(served: boolean): Promise<void> {
    for (const definition of OBJECT_DEFINITIONS) await this.serve(definition, served);
  }

  async defineAsOthers(): Promise<readonly string[]> {
    const known = new Set(ALL_DEFINITIONS.map(({ metadata }) => metadata.name));
    const found = foundDefinitions(process.env, known);
    for (const { name, spec } of found) await this.redefine(name, spec);
    return found.map(({ name }) => name);
  }

  async defineAsBefore(): Promise<void> {
    for (const { metadata, spec } of ALL_DEFINITIONS) await this.redefine(metadata.name, spec);
  }

  private async redefine(name: string, spec: unknown): Promise<void> {
    await this.admin.expect('PATCH', `${DEFINITIONS}/${name}`, { body: { spec } });
  }

  async putObject(kind: ObjectKind, { namespace, name, spec }: NamedObject): Promise<void> {
    const body = {
      apiVersion: `${OBJECT_GROUP}/${OBJECT_VERSION}`,
      kind: OBJECT_KINDS[kind],
      metadata: { namespace, name },
      spec,
    };
    await this.put(objectPath(kind, namespace), body);
  }

  async deleteObject(kind: ObjectKind, name: string, namespace: string): Promise<void> {
    await this.admin.expect('DELETE', `${objectPath(kind, namespace)}/${name}`);
  }

  private async serve(definition: Definition, served: boolean): Promise<void> {
    const versions = definition.spec.versions.map((version) => ({ ...version, served }));
    const path = `${DEFINITIONS}/${definition.metadata.name}`;
    await this.admin.expect('PATCH', path, { body: { spec: { versions } } });
    await this.until(definition, served);
  }

  async putPod(pod: FakePod & { namespace: string }): Promise<void> {
    const { metadata, spec, status } = podObject(pod);
    // A pod of a node is deleted with grace; there is no kubelet that would end it.
    const body = { metadata, spec: { ...spec, nodeName: 'node' } };
    const path = `/api/v1/namespaces/${pod.namespace}/pods`;
    const made = await this.admin.expect('POST', path, { body, also: [409] });
    if (made.status === 409) {
      const { labels, annotations } = metadata;
      const body = { metadata: { labels, ...(annotations && { annotations }) } };
      await this.admin.expect('PATCH', `${path}/${pod.name}`, { body });
    }
    await this.admin.expect('PATCH', `${path}/${pod.name}/status`, { body: { status } });
  }

  async terminatePod(name: string, namespace: string): Promise<void> {
    const path = `/api/v1/namespaces/${namespace}/pods/${name}`;
    await this.admin.expect('DELETE', `${path}?gracePeriodSeconds=30`);
  }

  async deletePod(name: string, namespace: string): Promise<void> {
    const path = `/api/v1/namespaces/${namespace}/pods/${name}`;
    await this.admin.expect('DELETE', `${path}?gracePeriodSeconds=0`);
  }

  async kubeconfig(user: User, port = this.port): Promise<string> {
    const { folder } = this;
    const { caFile } = this.plane;
    return writeKubeconfig({ folder, user, server: `https://127.0.0.1:${port}`, caFile });
  }

  /** Tokens of a file are read when the server starts. */
  async rotateToken(): Promise<void> {
    await this.kill();
    for (const [token, user] of Object.entries(this.tokens))
      if (user === 'sidecar') delete this.tokens[token];
    this.giveToken('sidecar', `sidecar-token-${++this.rotations}`);
    await this.restart();
  }

  kill(): Promise<void> {
    return this.plane.killServer();
  }

  restart(): Promise<void> {
    return this.plane.startServer(this.tokens);
  }

  freeze(): void {
    this.plane.signalServer('SIGSTOP');
  }

  thaw(): void {
    this.plane.signalServer('SIGCONT');
  }

  async compact(): Promise<void> {
    const { body } = await this.admin.expect('GET', '/api/v1/namespaces');
    const { resourceVersion } = (body as { metadata: { resourceVersion: string } }).metadata;
    await this.plane.compact(Number(resourceVersion));
  }

  stop(): Promise<void> {
    return this.plane.stop();
  }

  private giveToken(user: User, token: string): void {
    this.tokens[token] = user;
    writeFileSync(tokenFile(this.folder, user), `${token}\n`, { mode: 0o600 });
  }

  private async define(definition: Definition): Promise<void> {
    await this.admin.expect('POST', DEFINITIONS, { body: definition });
    await this.until(definition, true);
  }

  private async until({ spec }: Definition, served: boolean): Promise<void> {
    const path = `/apis/${spec.group}/${spec.versions[0]!.name}/${spec.names.plural}`;
    // Not served at first, then not yet ready.
    const also = [404, 429];
    for (;;) {
      const { status } = await this.admin.expect('GET', path, { also });
      if (served ? status === 200 : status === 404) return;
      await sleep(20);
    }
  }
}

function objectPath(kind: ObjectKind, namespace: string): string {
  return `/apis/${OBJECT_GROUP}/${OBJECT_VERSION}/namespaces/${namespace}/${kind}`;
}

function poolPath(pool: FakePool & { namespace: string }): string {
  return poolCollection(pool).replace(
    /inferencepools$/,
    `namespaces/${pool.namespace}/inferencepools`,
  );
}
