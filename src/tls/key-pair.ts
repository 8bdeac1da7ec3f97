import { createPrivateKey, X509Certificate, type KeyObject } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createSecureContext } from 'node:tls';

/** A certificate chain (leaf first) and its private key, both PEM, checked to belong together. */
export interface KeyPair {
  readonly cert: string;
  readonly key: string;
  /** The leaf. */
  readonly leaf: X509Certificate;
}

/** Why a pair cannot be served with; the message names the file and never holds key material. */
export class KeyPairError extends Error {
  override readonly name = 'KeyPairError';
}

/** File names as `kubectl create secret tls` makes them. */
const CERT_FILE = 'tls.crt';
const KEY_FILE = 'tls.key';

/**
 * Reads `tls.crt` and `tls.key` of a directory.
 *
 * @param at the time at which the certificate must be valid
 * @throws {KeyPairError} when a file is missing or the pair is malformed, mismatched, not yet valid or expired
 */
export async function readKeyPair(directory: string, at = new Date()): Promise<KeyPair> {
  const certPath = join(directory, CERT_FILE);
  const keyPath = join(directory, KEY_FILE);
  const [cert, key] = await Promise.all([readText(certPath), readText(keyPath)]);
  const leaf = parseLeaf(cert, certPath);
  const privateKey = parseKey(key, keyPath);
  if (!leaf.checkPrivateKey(privateKey)) {
    throw new KeyPairError(`${keyPath} is not the key of ${certPath}`);
  }
  if (at < leaf.validFromDate) {
    throw new KeyPairError(`${certPath} is not valid before ${leaf.validFromDate.toISOString()}`);
  }
  if (at > leaf.validToDate) {
    throw new KeyPairError(`${certPath} expired at ${leaf.validToDate.toISOString()}`);
  }
  try {
    createSecureContext({ cert, key });
  } catch (error) {
    throw new KeyPairError(`${certPath} cannot be served with: ${codeOf(error)}`);
  }
  return { cert, key, leaf };
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw new KeyPairError(`${path} cannot be read: ${codeOf(error)}`);
  }
}

function parseLeaf(cert: string, path: string): X509Certificate {
  try {
    return new X509Certificate(cert);
  } catch {
    throw new KeyPairError(`${path} holds no PEM certificate`);
  }
}

function parseKey(key: string, path: string): KeyObject {
  try {
    return createPrivateKey(key);
  } catch {
    throw new KeyPairError(`${path} holds no PEM private key without a passphrase`);
  }
}

const codeOf = (error: unknown): string =>
  (error as NodeJS.ErrnoException).code ?? 'unknown reason';
