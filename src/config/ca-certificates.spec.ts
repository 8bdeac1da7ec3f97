import { describe, expect, it } from '@jest/globals';
import { rootCertificates } from 'node:tls';
import { readCertificates } from './ca-certificates.js';
import type { Given } from './given.js';

const given: Given = {
  key: 'ca-cert',
  value: '/ca.pem',
  source: 'flag',
  spelled: '--ca-cert',
  position: 1,
};
const [first, second] = rootCertificates as [string, string];

describe(readCertificates.name, () => {
  it('hands back a bundle of sound certificates', () => {
    const pem = `# comment\n${first}\n${second}\n`;
    expect(readCertificates(given, () => pem)).toBe(pem);
  });

  it('names the file that cannot be read', () => {
    const fails = (): string => {
      throw new Error('EACCES: permission denied');
    };
    expect(() => readCertificates(given, fails)).toThrow(
      '--ca-cert=/ca.pem: cannot be read (EACCES: permission denied); give a PEM file',
    );
  });

  it.each(['', 'nonsense', '-----BEGIN PRIVATE KEY-----\nAA==\n-----END PRIVATE KEY-----'])(
    'refuses a file without certificates: %j',
    (content) => {
      expect(() => readCertificates(given, () => content)).toThrow(
        '--ca-cert=/ca.pem: holds no certificate in PEM',
      );
    },
  );

  it('says which certificate is broken', () => {
    const broken = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----';
    expect(() => readCertificates(given, () => `${first}\n${broken}`)).toThrow(
      /^--ca-cert=\/ca.pem: certificate 2 is broken \(/,
    );
  });
});
