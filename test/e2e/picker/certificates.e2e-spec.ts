import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { connect, type TLSSocket } from 'node:tls';
import { playRequest } from '../../support/ext-proc-exchange.js';
import { PickerLaunch } from '../../support/picker-launch.js';
import { eventually } from '../../support/picker-program.js';
import { TlsFiles } from '../../support/tls-files.js';

const TRUSTING = { rejectUnauthorized: false };
let launch: PickerLaunch;
let files: TlsFiles | undefined;

beforeEach(() => void (launch = new PickerLaunch()));
afterEach(async () => {
  await launch.stop();
  await files?.remove();
  files = undefined;
});

interface Greeting {
  readonly alpn: string | false | null;
  readonly names: string | undefined;
  readonly fingerprint: string;
}

async function greeted(port: number, protocols: readonly string[]): Promise<Greeting> {
  const options = { ...TRUSTING, port, host: '127.0.0.1', ALPNProtocols: [...protocols] };
  const socket: TLSSocket = connect(options);
  await once(socket, 'secureConnect');
  const { subjectaltname, fingerprint256 } = socket.getPeerCertificate();
  const alpn = socket.alpnProtocol;
  socket.destroy();
  return { alpn, names: subjectaltname, fingerprint: fingerprint256 };
}

describe('a picker with TLS', () => {
  it('serves with a certificate of its own by default, and speaks h2', async () => {
    const picker = await launch.start([`--config-text=${launch.config()}`]);
    await picker.ready();
    expect((await greeted(picker.port, ['h2'])).alpn).toBe('h2');
    expect((await greeted(picker.port, ['http/1.1', 'h2'])).alpn).toBe('h2');
    const client = await launch.connect(picker.port, TRUSTING);
    const body = { model: 'm', messages: [] };
    const { metadata } = await playRequest(client.stream(), { body });
    expect([await client.health(), metadata]).toEqual(['SERVING', '10.9.0.1:8000']);
    // The other ports are in plaintext always.
    const health = await launch.connect(launch.healthPort);
    expect(await health.health('readiness')).toBe('SERVING');
    expect((await fetch(`${picker.opsUrl}/metrics`)).status).toBe(200);
  });

  it('serves with the certificate of a folder, which stays without --enable-cert-reload', async () => {
    files = await TlsFiles.create(['one.test']);
    const config = `--config-text=${launch.config()}`;
    const picker = await launch.start([config, `--cert-path=${files.folder}`]);
    await picker.ready();
    expect((await greeted(picker.port, ['h2'])).names).toContain('one.test');
    const ca = { ca: files.pair.cert, servername: 'one.test' };
    const client = await launch.connect(picker.port, ca);
    expect(await client.health()).toBe('SERVING');
    await files.renew(['two.test']);
    const again = await launch.start([config, `--cert-path=${files.folder}`]);
    await again.ready();
    expect((await greeted(again.port, ['h2'])).names).toContain('two.test');
    expect((await greeted(picker.port, ['h2'])).names).toContain('one.test');
  });

  it('serves with a new certificate as soon as it is there, and lets streams go on', async () => {
    files = await TlsFiles.create(['one.test']);
    const picker = await launch.start([
      ...[`--config-text=${launch.config()}`, `--cert-path=${files.folder}`],
      '--enable-cert-reload',
    ]);
    await picker.ready();
    const client = await launch.connect(picker.port, TRUSTING);
    const stream = client.stream();
    await playRequest(stream, { path: '/v1/models' });
    await files.renew(['two.test']);
    await eventually(
      () => greeted(picker.port, ['h2']),
      ({ names }) => names?.includes('two.test') === true,
    );
    stream.send({ response_headers: { headers: [[':status', '200']], end_of_stream: true } });
    expect((await stream.next()).kind).toBe('response_headers');
    // What is no certificate changes nothing.
    await files.write({ cert: 'none', key: 'none' });
    await eventually(
      () => Promise.resolve(picker.stderr),
      (text) => text.includes('holds no PEM'),
    );
    expect((await greeted(picker.port, ['h2'])).names).toContain('two.test');
  });

  it('speaks plaintext HTTP/2 with --secure-serving=false', async () => {
    const [, client] = await launch.serve();
    expect(await client.health()).toBe('SERVING');
  });
});
