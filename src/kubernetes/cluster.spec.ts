import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { join } from 'node:path';
import { FakeApiServer } from '../../test/support/fake-apiserver.js';
import { TlsFiles } from '../../test/support/tls-files.js';
import { ClusterConfigError, loadCluster } from './cluster.js';
import type { Cluster } from './api/cluster-connection.js';

const PODS = '/api/v1/namespaces/demo/pods';
const SERVICE_ACCOUNT = 'var/run/secrets/kubernetes.io/serviceaccount';
const ENVIRONMENT = { ...process.env };

describe(loadCluster.name, () => {
  let folder: string;
  let server: FakeApiServer;
  let cluster: Cluster | undefined;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tandem-cluster-'));
    server = await FakeApiServer.start();
  });
  afterEach(async () => {
    process.env = { ...ENVIRONMENT };
    cluster?.close();
    await server.stop();
    await rm(folder, { recursive: true });
  });

  /** Writes a kubeconfig. @param user as it stands in the file; null: the context names none */
  async function kubeconfig(user: object | null, extra: object = {}, name = 'kubeconfig') {
    const path = join(folder, name);
    const context = { cluster: 'c', ...(user && { user: 'u' }) };
    const config = {
      'current-context': 'x',
      contexts: [{ name: 'x', context }],
      clusters: [{ name: 'c', cluster: { server: server.url, ...extra } }],
      users: user ? [{ name: 'u', user }] : [],
    };
    await writeFile(path, JSON.stringify(config));
    return path;
  }

  async function statusOf(path = PODS): Promise<number> {
    const response = await cluster!.get(path, AbortSignal.timeout(5000));
    response.resume();
    return response.statusCode!;
  }

  it('talks to an http server with a token', async () => {
    cluster = await loadCluster({ kubeconfig: await server.writeKubeconfig(folder) });
    expect(await statusOf()).toBe(200);
    expect(cluster.name).toBe(server.url);
    expect(cluster.insecure).toBe(false);
  });

  it('reads a tokenFile, relative to the kubeconfig, and again after a refusal', async () => {
    await writeFile(join(folder, 'token'), 'sidecar-token\n');
    const path = await kubeconfig({ tokenFile: 'token', token: 'not-this-one' });
    cluster = await loadCluster({ kubeconfig: path });
    expect(await statusOf()).toBe(200);
    server.tokens.clear();
    server.tokens.add('second');
    await writeFile(join(folder, 'token'), 'second\n');
    expect(await statusOf()).toBe(401);
    await cluster.forgetCredentials();
    expect(await statusOf()).toBe(200);
    await rm(join(folder, 'token'));
    await cluster.forgetCredentials();
    expect(await statusOf()).toBe(200);
  });

  it('runs a command for a token, once', async () => {
    const command = join(folder, 'credential');
    const credential = { kind: 'ExecCredential', status: { token: 'sidecar-token' } };
    const script = `#!/bin/sh\necho run >> ${folder}/runs\necho '${JSON.stringify(credential)}'\n`;
    await writeFile(command, script);
    await chmod(command, 0o755);
    const exec = { apiVersion: 'client.authentication.k8s.io/v1', command, args: [] };
    cluster = await loadCluster({ kubeconfig: await kubeconfig({ exec }) });
    expect([await statusOf(), await statusOf()]).toEqual([200, 200]);
    expect(await readFile(join(folder, 'runs'), 'utf8')).toBe('run\n');
  });

  it('gives a command up that hangs', async () => {
    const exec = { apiVersion: 'client.authentication.k8s.io/v1', command: 'sleep', args: ['0.3'] };
    cluster = await loadCluster({ kubeconfig: await kubeconfig({ exec }) });
    await expect(cluster.get(PODS, AbortSignal.timeout(50))).rejects.toThrow(/time-?out/i);
  });

  it('says why credentials cannot be read', async () => {
    const exec = { apiVersion: 'client.authentication.k8s.io/v1', command: 'no-such-command' };
    cluster = await loadCluster({ kubeconfig: await kubeconfig({ exec }) });
    await expect(statusOf()).rejects.toThrow('the credentials cannot be read');
  });

  it('sends user name and password', async () => {
    server.tokens.clear();
    cluster = await loadCluster({ kubeconfig: await kubeconfig({ username: 'u', password: 'p' }) });
    await statusOf();
    expect(server.seen[0]!.authorization).toBe(`Basic ${Buffer.from('u:p').toString('base64')}`);
  });

  it('takes several files as kubectl does', async () => {
    server.tokens.clear();
    const first = await kubeconfig(null, {}, 'first');
    const second = await kubeconfig({ token: 't' }, { server: 'http://127.0.0.1:1' }, 'second');
    cluster = await loadCluster({ kubeconfig: `${join(folder, 'missing')}:${first}:${second}` });
    expect(cluster.name).toBe(server.url);
    expect(await statusOf()).toBe(200);
  });

  it('keeps the path of the server', async () => {
    const extra = { server: `${server.url}/k8s/clusters/one/` };
    cluster = await loadCluster({
      kubeconfig: await kubeconfig({ token: 'sidecar-token' }, extra),
    });
    let seen: string | undefined;
    server.intercept((_, response, raw) => {
      seen = raw.url;
      response.end();
      return true;
    });
    await statusOf();
    expect(seen).toBe(`/k8s/clusters/one${PODS}`);
  });

  it('uses the service account of a pod', async () => {
    await mkdir(join(folder, SERVICE_ACCOUNT), { recursive: true });
    const files = await TlsFiles.create(['127.0.0.1']);
    const secured = await FakeApiServer.start({ tls: files.pair });
    await writeFile(join(folder, SERVICE_ACCOUNT, 'token'), 'sidecar-token\n');
    await writeFile(join(folder, SERVICE_ACCOUNT, 'ca.crt'), files.pair.cert);
    process.env['KUBERNETES_SERVICE_HOST'] = '127.0.0.1';
    process.env['KUBERNETES_SERVICE_PORT'] = String(secured.port);
    try {
      cluster = await loadCluster({ root: `${folder}/` });
      expect(await statusOf()).toBe(200);
      expect(cluster.name).toBe(secured.url);
      secured.tokens.clear();
      secured.tokens.add('renewed');
      expect(await statusOf()).toBe(401);
      await writeFile(join(folder, SERVICE_ACCOUNT, 'token'), 'renewed');
      expect(await statusOf()).toBe(200);
    } finally {
      cluster?.close();
      await secured.stop();
      await files.remove();
    }
  });

  it('verifies the server, whatever the environment says', async () => {
    const files = await TlsFiles.create(['127.0.0.1']);
    const secured = await FakeApiServer.start({ tls: files.pair });
    process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0';
    const user = { token: 'sidecar-token' };
    const at = { server: secured.url };
    try {
      cluster = await loadCluster({ kubeconfig: await kubeconfig(user, at) });
      await expect(statusOf()).rejects.toMatchObject({ code: 'DEPTH_ZERO_SELF_SIGNED_CERT' });
      const lax = { ...at, 'insecure-skip-tls-verify': true };
      cluster.close();
      cluster = await loadCluster({ kubeconfig: await kubeconfig(user, lax) });
      expect(cluster.insecure).toBe(true);
      expect(await statusOf()).toBe(200);
      cluster.close();
      // Also without a user, which the library takes for a reason to forget the CA.
      const ca = Buffer.from(files.pair.cert).toString('base64');
      const trusted = { ...at, 'certificate-authority-data': ca };
      cluster = await loadCluster({ kubeconfig: await kubeconfig(null, trusted) });
      expect(await statusOf()).toBe(401);
    } finally {
      cluster?.close();
      await secured.stop();
      await files.remove();
    }
  });

  it('goes through a proxy only if the kubeconfig names one', async () => {
    const seen: string[] = [];
    const proxy: Server = createServer();
    proxy.on('connect', (request: IncomingMessage, socket: Socket) => {
      seen.push(request.url!);
      const upstream = connect(server.port, '127.0.0.1');
      for (const one of [socket, upstream]) one.on('error', () => undefined);
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      socket.pipe(upstream).pipe(socket);
    });
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
    try {
      for (const name of ['HTTP_PROXY', 'http_proxy', 'HTTPS_PROXY', 'ALL_PROXY'])
        process.env[name] = url;
      cluster = await loadCluster({ kubeconfig: await server.writeKubeconfig(folder) });
      expect(await statusOf()).toBe(200);
      expect(seen).toEqual([]);
      cluster.close();
      const user = { token: 'sidecar-token' };
      cluster = await loadCluster({ kubeconfig: await kubeconfig(user, { 'proxy-url': url }) });
      expect(await statusOf()).toBe(200);
      expect(seen).toEqual([`127.0.0.1:${server.port}`]);
    } finally {
      cluster?.close();
      proxy.closeAllConnections();
      await new Promise((resolve) => proxy.close(resolve));
    }
  });

  it('follows no redirect', async () => {
    cluster = await loadCluster({ kubeconfig: await server.writeKubeconfig(folder) });
    server.intercept((_, response) => {
      response.writeHead(302, { location: '/elsewhere' }).end();
      return true;
    });
    expect(await statusOf()).toBe(302);
  });

  describe('fails at once', () => {
    const refusal = async (text: string | undefined) => {
      const path = join(folder, 'kubeconfig');
      if (text !== undefined) await writeFile(path, text);
      const error = await loadCluster({ kubeconfig: path }).catch((caught: unknown) => caught);
      expect(error).toBeInstanceOf(ClusterConfigError);
      return (error as Error).message.replaceAll(folder, '');
    };

    it.each([
      [undefined, 'kubeconfig /kubeconfig cannot be read: ENOENT'],
      ['', 'kubeconfig /kubeconfig is not valid: it is no mapping'],
      ['a: [', 'kubeconfig /kubeconfig is not valid: '],
      [
        'clusters: [{name: x}]',
        'kubeconfig /kubeconfig is not valid: clusters[0].cluster is missing',
      ],
      ['kind: Config', 'kubeconfig /kubeconfig names no current-context: set one'],
      ['current-context: x', 'kubeconfig /kubeconfig has no context x'],
      [
        'current-context: x\ncontexts: [{name: x, context: {cluster: c}}]',
        'kubeconfig /kubeconfig has no cluster c',
      ],
      [
        'current-context: x\ncontexts: [{name: x, context: {cluster: c}}]\nclusters: [{name: c, cluster: {server: "localhost:8080"}}]',
        'kubeconfig /kubeconfig: server localhost:8080 is no http or https URL',
      ],
      [
        'current-context: x\ncontexts: [{name: x, context: {cluster: c, user: u}}]\nclusters: [{name: c, cluster: {server: "http://h"}}]',
        'kubeconfig /kubeconfig has no user u',
      ],
      [
        'current-context: x\ncontexts: [{name: x, context: {cluster: c}}]\nclusters: [{name: c, cluster: {server: "https://h", certificate-authority: ca.crt}}]',
        'kubeconfig /kubeconfig: /ca.crt cannot be read (ENOENT)',
      ],
    ])('by %j', async (text, message) => {
      expect(await refusal(text)).toContain(message);
    });

    it('outside of a pod', async () => {
      delete process.env['KUBERNETES_SERVICE_HOST'];
      delete process.env['KUBERNETES_SERVICE_PORT'];
      await expect(loadCluster({})).rejects.toThrow(
        'no cluster: not in a pod (KUBERNETES_SERVICE_HOST is not set), and no kubeconfig is named: set KUBECONFIG',
      );
    });

    it('in a pod without a service account', async () => {
      process.env['KUBERNETES_SERVICE_HOST'] = '10.0.0.1';
      process.env['KUBERNETES_SERVICE_PORT'] = '443';
      await expect(loadCluster({ root: `${folder}/` })).rejects.toThrow(
        /cannot be read \(ENOENT\)/,
      );
    });
  });
});
