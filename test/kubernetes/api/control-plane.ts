import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { openSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../../clients/rig/program.js';
import { AdminClient } from './admin-client.js';
import type { Binaries } from './find-binaries.js';

const READY_MS = 60_000;

/** Admission that wants controllers, which are not here. */
const WITHOUT = [
  'ServiceAccount',
  'TaintNodesByCondition',
  'Priority',
  'DefaultTolerationSeconds',
  'DefaultStorageClass',
  'StorageObjectInUseProtection',
  'PersistentVolumeClaimResize',
  'RuntimeClass',
  'CertificateApproval',
  'CertificateSigning',
  'ClusterTrustBundleAttest',
  'CertificateSubjectRestriction',
  'DefaultIngressClass',
  'PodTopologyLabels',
  'ResourceQuota',
].join(',');

/** etcd and a kube-apiserver, on loopback, in a folder of their own. */
export class ControlPlane {
  readonly port: number;
  readonly caFile: string;
  readonly admin: AdminClient;
  private readonly binaries: Binaries;
  private readonly folder: string;
  private readonly etcdUrl: string;
  private readonly etcd: ChildProcess;
  private server: ChildProcess | undefined;

  private constructor(binaries: Binaries, folder: string, ports: readonly number[]) {
    const [client, peer, api] = ports as [number, number, number];
    this.binaries = binaries;
    this.folder = folder;
    this.port = api;
    this.etcdUrl = `http://127.0.0.1:${client}`;
    this.caFile = join(folder, 'certs', 'apiserver.crt');
    this.admin = new AdminClient(api, this.caFile, 'admin-token');
    mkdirSync(join(folder, 'etcd'), { mode: 0o700 });
    const key = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
    writeFileSync(join(folder, 'sa.key'), key.export({ type: 'pkcs1', format: 'pem' }), {
      mode: 0o600,
    });
    this.etcd = this.spawn('etcd', binaries.etcd, [
      `--data-dir=${join(folder, 'etcd')}`,
      `--listen-client-urls=${this.etcdUrl}`,
      `--advertise-client-urls=${this.etcdUrl}`,
      `--listen-peer-urls=http://127.0.0.1:${peer}`,
      `--initial-advertise-peer-urls=http://127.0.0.1:${peer}`,
      `--initial-cluster=default=http://127.0.0.1:${peer}`,
    ]);
  }

  /** @returns when etcd runs; {@link startServer} starts the rest */
  static async start(binaries: Binaries, folder: string): Promise<ControlPlane> {
    return new ControlPlane(binaries, folder, [
      await freePort(),
      await freePort(),
      await freePort(),
    ]);
  }

  /** `kube-apiserver v1.36.3, etcd 3.6.16`. */
  get versions(): string {
    const { etcd, apiserver } = this.binaries;
    const first = (program: string) =>
      spawnSync(program, ['--version'], { encoding: 'utf8' }).stdout.split('\n')[0] ?? '';
    const server = first(apiserver).replace('Kubernetes ', '');
    return `kube-apiserver ${server}, etcd ${first(etcd).replace(/.*: /, '')}`;
  }

  /** @param tokens user by token @returns when it serves */
  async startServer(tokens: Readonly<Record<string, string>>): Promise<void> {
    const { folder } = this;
    const rows = Object.entries(tokens).map(([token, user]) => `${token},${user},${user}-uid`);
    const table = ['admin-token,admin,admin-uid,"system:masters"', ...rows].join('\n');
    writeFileSync(join(folder, 'tokens.csv'), `${table}\n`, { mode: 0o600 });
    const server = this.spawn('kube-apiserver', this.binaries.apiserver, [
      `--etcd-servers=${this.etcdUrl}`,
      '--bind-address=127.0.0.1',
      '--advertise-address=127.0.0.1',
      `--secure-port=${this.port}`,
      `--cert-dir=${join(folder, 'certs')}`,
      '--service-cluster-ip-range=10.99.0.0/24',
      `--service-account-issuer=https://127.0.0.1:${this.port}`,
      `--service-account-key-file=${join(folder, 'sa.key')}`,
      `--service-account-signing-key-file=${join(folder, 'sa.key')}`,
      '--authorization-mode=RBAC',
      `--token-auth-file=${join(folder, 'tokens.csv')}`,
      `--disable-admission-plugins=${WITHOUT}`,
      '--enable-priority-and-fairness=false',
      '--endpoint-reconciler-type=none',
    ]);
    this.server = server;
    const deadline = performance.now() + READY_MS;
    while (!(await this.admin.isReady())) {
      if (server.exitCode !== null || performance.now() > deadline) {
        throw new Error(`kube-apiserver does not serve; its log is in ${folder}`);
      }
      await sleep(50);
    }
  }

  signalServer(signal: 'SIGSTOP' | 'SIGCONT'): void {
    this.server?.kill(signal);
  }

  async killServer(): Promise<void> {
    const { server } = this;
    this.server = undefined;
    if (server) await end(server);
    this.admin.close();
  }

  /** Forgets all revisions up to this one, in etcd. */
  async compact(revision: number): Promise<void> {
    const answer = await fetch(`${this.etcdUrl}/v3/kv/compaction`, {
      method: 'POST',
      body: JSON.stringify({ revision: String(revision), physical: true }),
    });
    if (!answer.ok) throw new Error(`etcd does not compact: ${await answer.text()}`);
  }

  async stop(): Promise<void> {
    await this.killServer();
    await end(this.etcd);
  }

  private spawn(name: string, program: string, args: string[]): ChildProcess {
    const log = openSync(join(this.folder, `${name}.log`), 'a');
    const child = spawn(program, args, { stdio: ['ignore', log, log] });
    // It ends with this process, however that ends.
    const kill = (): boolean => child.kill('SIGKILL');
    process.once('exit', kill);
    child.once('exit', () => process.removeListener('exit', kill));
    return child;
  }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
}
