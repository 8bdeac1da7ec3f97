import { createSecureContext, getCiphers } from 'node:tls';
import { describe, expect, it } from '@jest/globals';
import { readValue } from './given.js';
import { CIPHER_SUITES, cipherSuites, openSslCiphers, tlsVersion } from './tls-names.js';

describe('CIPHER_SUITES', () => {
  it.each(Object.entries(CIPHER_SUITES))('%s is known to OpenSSL as %s', (_, name) => {
    expect(getCiphers()).toContain(name.toLowerCase());
  });
});

describe(cipherSuites.name, () => {
  it('maps IANA names to OpenSSL’s', () => {
    const value = 'TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, TLS_AES_128_GCM_SHA256';
    expect(readValue(cipherSuites(), value, '--x')).toEqual([
      'ECDHE-RSA-AES128-GCM-SHA256',
      'TLS_AES_128_GCM_SHA256',
    ]);
  });

  it('names the unknown suite and the known ones', () => {
    const value = ['TLS_AES_128_GCM_SHA256', 'TLS_RSA_WITH_RC4_128_SHA'];
    expect(() => readValue(cipherSuites(), value, '--x')).toThrow(
      /^--x: unknown cipher suite "TLS_RSA_WITH_RC4_128_SHA"; known are TLS_AES_128_GCM_SHA256,/,
    );
  });
});

describe(openSslCiphers.name, () => {
  it('leaves Node’s own for an empty list', () => {
    expect(openSslCiphers([])).toBeUndefined();
  });

  it('keeps TLS 1.3 when only suites of TLS 1.2 are named, as Go does', () => {
    const ciphers = openSslCiphers(['ECDHE-RSA-AES128-GCM-SHA256']);
    expect(ciphers).toBe(
      'TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256:ECDHE-RSA-AES128-GCM-SHA256',
    );
    expect(() => createSecureContext({ ciphers: ciphers! })).not.toThrow();
  });

  it('restricts TLS 1.3 where its suites are named', () => {
    const suites = ['TLS_AES_128_GCM_SHA256', 'TLS_AES_128_GCM_SHA256', 'ECDHE-RSA-AES128-SHA'];
    expect(openSslCiphers(suites)).toBe('TLS_AES_128_GCM_SHA256:ECDHE-RSA-AES128-SHA');
  });
});

describe(tlsVersion.name, () => {
  it('maps Go’s names to Node’s and refuses what is older than TLS 1.2', () => {
    expect(readValue(tlsVersion(), 'VersionTLS13', '--x')).toBe('TLSv1.3');
    expect(() => readValue(tlsVersion(), 'VersionTLS11', '--x')).toThrow(
      '--x: expected one of VersionTLS12, VersionTLS13, got "VersionTLS11"',
    );
  });
});
