import * as z from 'zod';
import { quote } from './config-error.js';
import { commaSeparated, type Kind } from './kinds.js';

/** Go's names of TLS versions, and Node's. TLS 1.0 and 1.1 are not spoken. */
export const TLS_VERSIONS = { VersionTLS12: 'TLSv1.2', VersionTLS13: 'TLSv1.3' } as const;
export type TlsVersion = (typeof TLS_VERSIONS)[keyof typeof TLS_VERSIONS];

const TLS13_SUITES = [
  'TLS_AES_128_GCM_SHA256',
  'TLS_AES_256_GCM_SHA384',
  'TLS_CHACHA20_POLY1305_SHA256',
] as const;

/**
 * IANA's names of the suites that Go's crypto/tls offers as secure
 * (https://pkg.go.dev/crypto/tls#CipherSuites), and OpenSSL's. TLS 1.3's have one name.
 */
export const CIPHER_SUITES: Readonly<Record<string, string>> = {
  TLS_AES_128_GCM_SHA256: 'TLS_AES_128_GCM_SHA256',
  TLS_AES_256_GCM_SHA384: 'TLS_AES_256_GCM_SHA384',
  TLS_CHACHA20_POLY1305_SHA256: 'TLS_CHACHA20_POLY1305_SHA256',
  TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA: 'ECDHE-ECDSA-AES128-SHA',
  TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA: 'ECDHE-ECDSA-AES256-SHA',
  TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA: 'ECDHE-RSA-AES128-SHA',
  TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA: 'ECDHE-RSA-AES256-SHA',
  TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256: 'ECDHE-ECDSA-AES128-GCM-SHA256',
  TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384: 'ECDHE-ECDSA-AES256-GCM-SHA384',
  TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256: 'ECDHE-RSA-AES128-GCM-SHA256',
  TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384: 'ECDHE-RSA-AES256-GCM-SHA384',
  TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305: 'ECDHE-ECDSA-CHACHA20-POLY1305',
  TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256: 'ECDHE-ECDSA-CHACHA20-POLY1305',
  TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305: 'ECDHE-RSA-CHACHA20-POLY1305',
  TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256: 'ECDHE-RSA-CHACHA20-POLY1305',
};

/** A list of suites, read as OpenSSL's names. */
export function cipherSuites(): Kind<string[]> {
  const known = (value: unknown): boolean => Object.hasOwn(CIPHER_SUITES, String(value));
  return {
    schema: z
      .array(z.enum(Object.keys(CIPHER_SUITES)))
      .transform((names) => names.map((name) => CIPHER_SUITES[name] ?? name)),
    fromText: commaSeparated,
    shape: 'list',
    placeholder: 'SUITE,…',
    expects: 'a list of cipher suites such as TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256',
    explain: (value) => {
      const names: unknown[] = Array.isArray(value) ? value : [];
      const unknown = names.find((name) => !known(name));
      if (unknown === undefined) return undefined;
      return `unknown cipher suite ${quote(unknown)}; known are ${Object.keys(CIPHER_SUITES).join(', ')}`;
    },
  };
}

/**
 * What Node's `ciphers` option takes, of OpenSSL's names. As in Go, a list without a suite of TLS 1.3
 * restricts TLS 1.2 alone: TLS 1.3 keeps its three.
 */
export function openSslCiphers(suites: readonly string[]): string | undefined {
  if (suites.length === 0) return undefined;
  const forTls13 = suites.some((suite) => suite.startsWith('TLS_'));
  return [...new Set(forTls13 ? suites : [...TLS13_SUITES, ...suites])].join(':');
}

/** The lowest version of TLS that is spoken, read as Node's name. */
export function tlsVersion(): Kind<TlsVersion> {
  const names = Object.keys(TLS_VERSIONS) as (keyof typeof TLS_VERSIONS)[];
  return {
    schema: z.enum(names).transform((name) => TLS_VERSIONS[name]),
    fromText: (value) => value,
    shape: 'scalar',
    placeholder: names.join('|'),
    expects: `one of ${names.join(', ')}`,
  };
}
