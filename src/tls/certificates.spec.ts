import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { X509Certificate } from 'node:crypto';
import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SilentLogger } from '../logging/silent-logger.js';
import { CertificateError, pemOf, ServerCertificates } from './certificates.js';
import type { KeyPair } from './key-pair.js';
import { createSelfSigned } from './self-signed.js';

class RecordingLogger extends SilentLogger {
  readonly lines: string[] = [];

  // Silent methods take no parameters, and an override may not add required ones.
  override info = (...line: unknown[]): void => {
    this.lines.push(`info ${JSON.stringify(line)}`);
  };

  override warn = (...line: unknown[]): void => {
    this.lines.push(`warn ${JSON.stringify(line)}`);
  };
}

let directory: string;
let logger: RecordingLogger;
const opened: ServerCertificates[] = [];

async function load(
  options: Partial<Parameters<typeof ServerCertificates.load>[0]> = {},
): Promise<ServerCertificates> {
  const certificates = await ServerCertificates.load({
    certPath: directory,
    requireValidCert: false,
    logger,
    pollMs: 100,
    ...options,
  });
  opened.push(certificates);
  return certificates;
}

async function writePair({ cert, key }: { cert: string; key: string }, into = directory) {
  await writeFile(join(into, 'tls.crt'), cert);
  await writeFile(join(into, 'tls.key'), key);
}

const nextChange = (certificates: ServerCertificates): Promise<KeyPair> =>
  new Promise((resolve) => {
    const stop = certificates.onChange((pair) => {
      stop();
      resolve(pair);
    });
  });

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'certs-'));
  logger = new RecordingLogger();
});

afterEach(async () => {
  for (const certificates of opened.splice(0)) certificates.close();
  await rm(directory, { recursive: true, force: true });
});

describe(ServerCertificates.name, () => {
  it('serves with the pair of the directory', async () => {
    const pair = await createSelfSigned(['a.test']);
    await writePair(pair);
    const sut = await load({ requireValidCert: true });
    expect(sut.isSelfSigned).toBe(false);
    expect(sut.current.cert).toBe(pair.cert);
  });

  it('makes a self-signed pair with all names of this machine, and warns', async () => {
    const sut = await load({ podIp: '10.1.2.3' });
    const leaf = new X509Certificate(sut.current.cert);
    expect(sut.isSelfSigned).toBe(true);
    expect(leaf.checkHost('localhost')).toBe('localhost');
    for (const ip of ['127.0.0.1', '::1', '10.1.2.3']) expect(leaf.checkIP(ip)).toBe(ip);
    expect(leaf.publicKey.asymmetricKeyDetails?.namedCurve).toBe('prime256v1');
    expect(leaf.verify(leaf.publicKey)).toBe(true);
    expect(logger.lines.filter((line) => line.startsWith('warn'))).toHaveLength(1);
  });

  it('uses the default directory when none is named, but only if it is there', async () => {
    await writePair(await createSelfSigned(['a.test']));
    const found = await load({ certPath: undefined, defaultPath: directory });
    expect(found.isSelfSigned).toBe(false);
    const none = await load({ certPath: undefined, defaultPath: join(directory, 'none') });
    expect(none.isSelfSigned).toBe(true);
  });

  it.each([
    ['missing files', async () => undefined, /cannot be read: ENOENT/],
    [
      'a key of another certificate',
      async () => {
        const [a, b] = [await createSelfSigned(['a']), await createSelfSigned(['b'])];
        await writePair({ cert: a.cert, key: b.key });
      },
      /tls.key is not the key of/,
    ],
    ['garbage', () => writePair({ cert: 'x', key: 'y' }), /holds no PEM certificate/],
    [
      'an expired certificate',
      async () => {
        const now = Date.now();
        await writePair(await createSelfSigned(['a'], { notAfter: new Date(now - 1000) }));
      },
      /expired at/,
    ],
    [
      'a certificate of the future',
      async () => {
        const soon = new Date(Date.now() + 60_000);
        await writePair(await createSelfSigned(['a'], { notBefore: soon }));
      },
      /is not valid before/,
    ],
  ])(
    'falls back on %s, and refuses it where a valid pair is required',
    async (_name, arrange, reason) => {
      await arrange();
      const sut = await load();
      expect(sut.isSelfSigned).toBe(true);
      expect(logger.lines.join('\n')).toMatch(reason);
      expect(logger.lines.join('\n')).not.toContain('PRIVATE');
      const refused = await load({ requireValidCert: true }).catch((error: unknown) => error);
      expect(refused).toBeInstanceOf(CertificateError);
      expect((refused as Error).message).toMatch(/^--require-valid-cert: [^\n]+$/);
    },
  );

  it('takes over a pair that is swapped in through a symlink, as kubelet does it', async () => {
    const [first, second] = [await createSelfSigned(['a']), await createSelfSigned(['b'])];
    for (const [name, pair] of [
      ['v1', first],
      ['v2', second],
    ] as const) {
      await mkdir(join(directory, name));
      await writePair(pair, join(directory, name));
    }
    await symlink('v1', join(directory, '..data'));
    for (const file of ['tls.crt', 'tls.key']) {
      await symlink(join('..data', file), join(directory, file));
    }
    const sut = await load();
    const change = nextChange(sut);
    await symlink('v2', join(directory, '..data_tmp'));
    await rename(join(directory, '..data_tmp'), join(directory, '..data'));
    expect((await change).cert).toBe(second.cert);
    expect(sut.current.cert).toBe(second.cert);
  });

  it('leaves the pair in use when the new one is bad, complains once, and recovers', async () => {
    const first = await createSelfSigned(['a']);
    await writePair(first);
    const sut = await load();
    sut.onChange(() => undefined);
    await writeFile(join(directory, 'tls.crt'), 'garbage');
    await sut.reload();
    await sut.reload();
    expect(sut.current.cert).toBe(first.cert);
    expect(logger.lines.filter((line) => line.startsWith('warn'))).toHaveLength(1);
    const change = nextChange(sut);
    await writePair(await createSelfSigned(['b']));
    expect((await change).cert).not.toBe(first.cert);
  });

  it('says nothing more of a default directory that stays away', async () => {
    const sut = await load({ certPath: undefined, defaultPath: join(directory, 'none') });
    await sut.reload();
    expect(logger.lines).toHaveLength(1);
  });

  it('goes from self-signed to a real pair when one appears', async () => {
    const later = join(directory, 'later');
    const sut = await load({ certPath: later });
    expect(sut.isSelfSigned).toBe(true);
    const change = nextChange(sut);
    await mkdir(later);
    const pair = await createSelfSigned(['a']);
    await writePair(pair, later);
    expect((await change).cert).toBe(pair.cert);
    expect(sut.isSelfSigned).toBe(false);
  });
});

describe('certificates that another process watches over', () => {
  it('are those that were told, until others are', async () => {
    const [first, second] = [await createSelfSigned(['a']), await createSelfSigned(['b'])];
    const told = ServerCertificates.told(pemOf(first), new SilentLogger());
    const seen: string[] = [];
    const stop = told.onChange(({ leaf }) => seen.push(leaf.fingerprint256));
    expect(told.current.leaf.fingerprint256).toBe(first.leaf.fingerprint256);
    told.replace(pemOf(second));
    expect(told.current.cert).toBe(second.cert);
    expect(seen).toEqual([second.leaf.fingerprint256]);
    stop();
    told.close();
  });
});
