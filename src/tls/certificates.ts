import { X509Certificate } from 'node:crypto';
import { existsSync } from 'node:fs';
import { hostname } from 'node:os';
import type { Logger } from '../logging/logger.js';
import { watchDirectory } from './directory-watch.js';
import { KeyPairError, readKeyPair, type KeyPair } from './key-pair.js';
import { createSelfSigned } from './self-signed.js';

/** Where the chart mounts a certificate; used when no directory is named and this one exists. */
export const DEFAULT_CERT_PATH = '/etc/sidecar/certs/';

export interface CertificateOptions {
  /** Directory with `tls.crt` and `tls.key` (`--cert-path`). */
  readonly certPath?: string | undefined;
  /** Looked at when `certPath` is not set; '' for nowhere. */
  readonly defaultPath?: string;
  /** Refuse to start without a usable pair (`--require-valid-cert`). */
  readonly requireValidCert: boolean;
  /** Of the messages; default `--require-valid-cert`. */
  readonly flag?: string;
  /** Put into the self-signed certificate (`POD_IP`). */
  readonly podIp?: string | undefined;
  readonly logger: Logger;
  /** How often, in ms, files are looked at besides the events of their directory. */
  readonly pollMs?: number;
}

/** A pair that was checked, as it goes from process to process. */
export type PemPair = Pick<KeyPair, 'cert' | 'key'>;

/** No usable pair though one is required; one line that names the flag. */
export class CertificateError extends Error {
  override readonly name = 'CertificateError';
}

/**
 * The certificate that clients see, and its renewal while the process runs.
 *
 * Files win over a self-signed pair as soon as they are usable. A new pair that is not usable leaves the one in
 * use and is logged once.
 */
export class ServerCertificates {
  private readonly listeners = new Set<(pair: KeyPair) => void>();
  private stop: (() => void) | undefined;
  private complaint = '';
  private checking: Promise<void> | undefined;

  private constructor(
    private readonly options: CertificateOptions,
    private readonly directory: string,
    private pair: KeyPair,
    private selfSigned: boolean,
  ) {}

  /** @throws {CertificateError} */
  static async load(options: CertificateOptions): Promise<ServerCertificates> {
    const { logger, requireValidCert, defaultPath = DEFAULT_CERT_PATH } = options;
    const { flag = '--require-valid-cert' } = options;
    const directory = options.certPath ?? (existsSync(defaultPath) ? defaultPath : undefined);
    let reason = 'no certificate given';
    if (defaultPath !== '') reason += `, and ${defaultPath} does not exist`;
    if (directory !== undefined) {
      try {
        const pair = await readKeyPair(directory);
        logger.info('serving with a certificate from files', describe(pair, directory));
        return new ServerCertificates(options, directory, pair, false);
      } catch (error) {
        reason = reasonOf(error);
      }
    }
    if (requireValidCert) {
      throw new CertificateError(
        `${flag}: ${reason}; put a valid tls.crt and tls.key into --cert-path`,
      );
    }
    const pair = await createSelfSigned(namesOf(options.podIp));
    logger.warn('serving with a self-signed certificate, which clients cannot verify', { reason });
    const certificates = new ServerCertificates(options, directory ?? defaultPath, pair, true);
    certificates.complaint = reason;
    return certificates;
  }

  /** Certificates that another process watches over: they change when {@link replace} says so. */
  static told(pair: PemPair, logger: Logger): ServerCertificates {
    const told = new ServerCertificates(
      { requireValidCert: false, logger },
      '',
      parsePair(pair),
      false,
    );
    told.stop = () => undefined;
    return told;
  }

  /** Serves with another pair from now on. */
  replace(pair: PemPair): void {
    this.pair = parsePair(pair);
    for (const listener of this.listeners) listener(this.pair);
  }

  /** The pair to serve with now. */
  get current(): KeyPair {
    return this.pair;
  }

  get isSelfSigned(): boolean {
    return this.selfSigned;
  }

  /** Calls back with each new pair; the first call starts the watch over the files. */
  onChange(listener: (pair: KeyPair) => void): () => void {
    this.listeners.add(listener);
    const { pollMs } = this.options;
    this.stop ??= watchDirectory(
      this.directory,
      () => void this.reload(),
      pollMs === undefined ? {} : { pollMs },
    );
    return () => {
      this.listeners.delete(listener);
    };
  }

  /** Reads the files again and serves with them where they are usable; never rejects. */
  reload(): Promise<void> {
    this.checking ??= this.check().finally(() => {
      this.checking = undefined;
    });
    return this.checking;
  }

  /** Ends the watch over the files. */
  close(): void {
    this.stop?.();
    this.stop = undefined;
    this.listeners.clear();
  }

  private async check(): Promise<void> {
    const { directory } = this;
    const { logger, certPath } = this.options;
    // Nobody promised a certificate there: its absence is no news.
    if (certPath === undefined && !existsSync(directory)) return;
    try {
      const pair = await readKeyPair(directory);
      this.complaint = '';
      if (pair.cert === this.pair.cert && pair.key === this.pair.key) return;
      this.pair = pair;
      this.selfSigned = false;
      logger.info('certificate replaced', describe(pair, directory));
      for (const listener of this.listeners) listener(pair);
    } catch (error) {
      const reason = reasonOf(error);
      if (reason === this.complaint) return;
      this.complaint = reason;
      logger.warn('new certificate is not usable, the one in use stays', { reason });
    }
  }
}

function namesOf(podIp: string | undefined): string[] {
  return ['localhost', '127.0.0.1', '::1', hostname(), ...(podIp ? [podIp] : [])];
}

export function pemOf({ cert, key }: PemPair): PemPair {
  return { cert, key };
}

function parsePair({ cert, key }: PemPair): KeyPair {
  return { cert, key, leaf: new X509Certificate(cert) };
}

const reasonOf = (error: unknown): string => {
  if (error instanceof KeyPairError) return error.message;
  return error instanceof Error ? error.message : String(error);
};

function describe({ leaf }: KeyPair, directory: string): Record<string, string> {
  return {
    directory,
    subject: leaf.subject,
    fingerprint: leaf.fingerprint256,
    validTo: leaf.validToDate.toISOString(),
  };
}
