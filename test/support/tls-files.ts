import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { KeyPair } from '../../src/tls/key-pair.js';
import { createSelfSigned } from '../../src/tls/self-signed.js';

/** A folder with a certificate and its key, as a mounted secret. */
export class TlsFiles {
  private constructor(
    readonly folder: string,
    public pair: KeyPair,
  ) {}

  /** @param names DNS names and IP addresses of the certificate */
  static async create(names: readonly string[]): Promise<TlsFiles> {
    const files = new TlsFiles(
      await mkdtemp(join(tmpdir(), 'tandem-tls-')),
      await createSelfSigned(names),
    );
    await files.write(files.pair);
    return files;
  }

  /** Puts another certificate in place of the one that is there. */
  async renew(names: readonly string[]): Promise<void> {
    this.pair = await createSelfSigned(names);
    await this.write(this.pair);
  }

  async write({ cert, key }: Pick<KeyPair, 'cert' | 'key'>): Promise<void> {
    await writeFile(join(this.folder, 'tls.key'), key);
    await writeFile(join(this.folder, 'tls.crt'), cert);
  }

  async remove(): Promise<void> {
    await rm(this.folder, { recursive: true });
  }
}
