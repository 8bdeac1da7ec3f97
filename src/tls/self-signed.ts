import 'reflect-metadata';
import { webcrypto, X509Certificate, randomBytes } from 'node:crypto';
import { isIP } from 'node:net';
import type { KeyPair } from './key-pair.js';

const DAY_MS = 86_400_000;
/** As long as the certificate of the Go sidecar. */
const LIFETIME_MS = 3_650 * DAY_MS;

/**
 * Makes a self-signed server certificate: ECDSA P-256, valid for ten years.
 *
 * @param names DNS names and IP addresses for the subject alternative names
 * @param validity other bounds than from a day ago to ten years ahead
 */
export async function createSelfSigned(
  names: readonly string[],
  validity: { notBefore?: Date; notAfter?: Date } = {},
): Promise<KeyPair> {
  // Loaded here because most deployments bring a certificate and need not pay for the library.
  const x509 = await import('@peculiar/x509');
  const crypto = webcrypto as unknown as NonNullable<
    Parameters<typeof x509.X509CertificateGenerator.createSelfSigned>[1]
  >;
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const now = Date.now();
  const certificate = await x509.X509CertificateGenerator.createSelfSigned(
    {
      serialNumber: serialNumber(),
      name: 'O=Tandem, CN=tandem self-signed',
      // Clocks of a cluster differ a little.
      notBefore: validity.notBefore ?? new Date(now - DAY_MS),
      notAfter: validity.notAfter ?? new Date(now + LIFETIME_MS),
      signingAlgorithm: algorithm,
      keys: keys as Parameters<typeof x509.X509CertificateGenerator.createSelfSigned>[0]['keys'],
      extensions: [
        new x509.BasicConstraintsExtension(false, undefined, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
        new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
        new x509.SubjectAlternativeNameExtension(
          [...new Set(names)].map((value) => ({ type: isIP(value) ? 'ip' : 'dns', value })),
        ),
      ],
    },
    crypto,
  );
  const cert = certificate.toString('pem');
  return { cert, key: await exportKey(keys.privateKey), leaf: new X509Certificate(cert) };
}

async function exportKey(key: webcrypto.CryptoKey): Promise<string> {
  const der = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', key));
  const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
  return ['-----BEGIN PRIVATE KEY-----', ...lines, '-----END PRIVATE KEY-----', ''].join('\n');
}

/** Positive, so its first bit is 0 (RFC 5280 §4.1.2.2). */
function serialNumber(): string {
  const bytes = randomBytes(16);
  bytes[0] = (bytes[0]! & 0x7f) | 0x01;
  return bytes.toString('hex');
}
