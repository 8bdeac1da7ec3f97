import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { stringify } from 'yaml';
import { ControlPlane } from '../../kubernetes/api/control-plane.js';
import type { Binaries } from '../../kubernetes/api/find-binaries.js';
import { podObject, type FakePod } from '../../support/fake-apiserver-objects.js';
import { define, type Defined, type Kind } from './definitions.js';
import { ObjectClient } from './object-client.js';

/** What Pod Security enforces in a namespace. */
export type PodSecurity = 'restricted' | 'baseline' | 'privileged';

/** A kube-apiserver with its etcd, for what charts render: no kubelet, no controllers. */
export class HelmCluster {
  readonly objects: ObjectClient;
  /** The kinds of other projects, as they were met. */
  readonly defined: Defined[] = [];
  private namespaces = 0;
  private accounts = 0;

  private constructor(
    private readonly plane: ControlPlane,
    private readonly folder: string,
  ) {
    this.objects = new ObjectClient(plane.admin);
  }

  /** @param folder for all that they write */
  static async start(binaries: Binaries, folder: string): Promise<HelmCluster> {
    const plane = await ControlPlane.start(binaries, folder);
    try {
      await plane.startServer({});
    } catch (error) {
      await plane.stop();
      throw error;
    }
    return new HelmCluster(plane, folder);
  }

  /** `kube-apiserver v1.36.3, etcd 3.6.16`. */
  get name(): string {
    return this.plane.versions;
  }

  get admin(): ControlPlane['admin'] {
    return this.plane.admin;
  }

  /** @returns the name of a new one */
  async namespace(level: PodSecurity): Promise<string> {
    const name = `${level}-${this.namespaces++}`;
    const security = 'pod-security.kubernetes.io';
    const labels = { [`${security}/enforce`]: level, [`${security}/warn`]: level };
    const body = { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } };
    await this.admin.expect('POST', '/api/v1/namespaces', { body });
    return name;
  }

  /** Makes it where there is none yet. */
  async ensureNamespace(name: string): Promise<void> {
    const body = { apiVersion: 'v1', kind: 'Namespace', metadata: { name } };
    await this.admin.expect('POST', '/api/v1/namespaces', { body, also: [409] });
  }

  /** Defines the kinds of these objects that the server does not have. */
  async defineKindsOf(objects: readonly Kind[]): Promise<void> {
    const missing: Kind[] = [];
    for (const object of objects) if (!(await this.objects.serves(object))) missing.push(object);
    if (missing.length === 0) return;
    this.defined.push(...(await define(this.admin, missing)));
    for (const object of missing) await this.untilServed(object);
  }

  /** Established is not served yet: each API server learns of it by itself. */
  private async untilServed(object: Kind): Promise<void> {
    for (const deadline = performance.now() + 20_000; ; await sleep(20)) {
      this.objects.forget();
      if (await this.objects.serves(object)) return;
      if (performance.now() > deadline) throw new Error(`${object.apiVersion} is not served`);
    }
  }

  /** Makes a pod that runs and is ready. */
  async runningPod(pod: FakePod & { namespace: string }): Promise<void> {
    const { metadata, spec, status } = podObject(pod);
    const path = `/api/v1/namespaces/${pod.namespace}/pods`;
    const body = { metadata, spec: { ...spec, nodeName: 'node' } };
    await this.admin.expect('POST', path, { body });
    await this.admin.expect('PATCH', `${path}/${pod.name}/status`, { body: { status } });
  }

  /** @returns the path of a kubeconfig of somebody who may do everything */
  adminKubeconfig(): string {
    return this.kubeconfig('admin', 'admin-token');
  }

  /** @returns the path of a kubeconfig with a token of a ServiceAccount, which it has for an hour */
  async accountKubeconfig(namespace: string, account: string): Promise<string> {
    const path = `/api/v1/namespaces/${namespace}/serviceaccounts/${account}/token`;
    const body = {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenRequest',
      spec: { expirationSeconds: 3600 },
    };
    const answer = await this.admin.expect('POST', path, { body });
    const { token } = answer.body['status'] as { token: string };
    return this.kubeconfig(`account-${this.accounts++}`, token);
  }

  stop(): Promise<void> {
    return this.plane.stop();
  }

  private kubeconfig(user: string, token: string): string {
    const { port, caFile } = this.plane;
    const cluster = { server: `https://127.0.0.1:${port}`, 'certificate-authority': caFile };
    const config = {
      apiVersion: 'v1',
      kind: 'Config',
      'current-context': 'test',
      clusters: [{ name: 'test', cluster }],
      users: [{ name: user, user: { token } }],
      contexts: [{ name: 'test', context: { cluster: 'test', user } }],
    };
    const path = join(this.folder, `${user}.kubeconfig`);
    writeFileSync(path, stringify(config), { mode: 0o600 });
    return path;
  }
}
