import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { connect as connectHttp2 } from 'node:http2';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { SidecarWorkers } from '../../support/sidecar-workers.js';
import { TlsFiles } from '../../support/tls-files.js';

describe('TLS of two workers', () => {
  let files: TlsFiles;
  let sidecar: SidecarWorkers;
  beforeEach(async () => {
    files = await TlsFiles.create(['localhost']);
  });
  afterEach(async () => {
    await sidecar.stop();
    await files.remove();
  });

  /** Fingerprints that as many new connections see. */
  const seen = async (connections: number): Promise<Set<string>> => {
    const fingerprints = new Set<string>();
    for (let i = 0; i < connections; i++) {
      const { port } = sidecar.program;
      const socket = connectTls({ host: '127.0.0.1', port, rejectUnauthorized: false });
      await new Promise((resolve, reject) => {
        socket.once('secureConnect', resolve).once('error', reject);
      });
      fingerprints.add(fingerprintOf(socket));
      socket.destroy();
    }
    return fingerprints;
  };
  const fingerprintOf = (socket: TLSSocket): string =>
    socket.getPeerX509Certificate()!.fingerprint256;

  it('shows one certificate, and another one at both once its files are renewed', async () => {
    sidecar = await SidecarWorkers.start(['--secure-proxy=true', `--cert-path=${files.folder}`]);
    await sidecar.ready();
    expect(await seen(4)).toEqual(new Set([files.pair.leaf.fingerprint256]));
    await files.renew(['localhost']);
    await sidecar.logged('certificate replaced');
    const wanted = files.pair.leaf.fingerprint256;
    const both = async (): Promise<boolean> => [...(await seen(4))].join() === wanted;
    for (const deadline = Date.now() + 10_000; !(await both());) {
      if (Date.now() > deadline) throw new Error('a worker keeps the old certificate');
    }
    expect(await sidecar.logged('certificate replaced')).toHaveLength(1);
    await sidecar.kill(1);
    await sidecar.logged('worker serves', 3);
    expect(await seen(4)).toEqual(new Set([wanted]));
  });

  it('has one self-signed certificate, and speaks HTTP/2', async () => {
    sidecar = await SidecarWorkers.start(['--secure-proxy=true']);
    await sidecar.ready();
    expect((await seen(4)).size).toBe(1);
    for (let i = 0; i < 2; i++) {
      const url = `https://127.0.0.1:${sidecar.program.port}`;
      const session = connectHttp2(url, { rejectUnauthorized: false });
      const stream = session.request({ ':path': '/health' });
      const status = await new Promise((resolve, reject) => {
        stream.once('response', (headers) => resolve(headers[':status'])).once('error', reject);
      });
      expect(status).toBe(200);
      session.destroy();
    }
  });
});
