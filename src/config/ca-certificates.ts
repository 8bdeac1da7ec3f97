import { X509Certificate } from 'node:crypto';
import { ConfigError, reasonOf } from './config-error.js';
import type { Given } from './given.js';

/**
 * The certificates of a PEM file, each of which has been read once.
 *
 * @throws ConfigError when the file cannot be read or holds no or a broken certificate
 */
export function readCertificates(
  { value, spelled }: Given,
  readFile: (path: string) => string,
): string {
  const name = `${spelled}=${String(value)}`;
  let pem: string;
  try {
    pem = readFile(String(value));
  } catch (failure) {
    throw new ConfigError(`${name}: cannot be read (${reasonOf(failure)}); give a PEM file`);
  }
  const certificates =
    pem.match(/-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g) ?? [];
  if (certificates.length === 0) throw new ConfigError(`${name}: holds no certificate in PEM`);
  for (const [index, certificate] of certificates.entries()) {
    try {
      new X509Certificate(certificate);
    } catch (failure) {
      throw new ConfigError(`${name}: certificate ${index + 1} is broken (${reasonOf(failure)})`);
    }
  }
  return pem;
}
