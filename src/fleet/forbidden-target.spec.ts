import { describe, expect, it } from '@jest/globals';
import { parseTarget } from '../endpoint/target.js';
import { isForbiddenTarget } from './forbidden-target.js';

const forbidden = (host: string): boolean => isForbiddenTarget(parseTarget(`${host}:80`)!);

describe(isForbiddenTarget.name, () => {
  it.each([
    '169.254.169.254',
    '169.254.0.1',
    '0.0.0.0',
    '224.0.0.1',
    '239.255.255.255',
    '255.255.255.255',
    '[::]',
    '[fe80::1]',
    '[ff02::1]',
    '[fd00:ec2::254]',
    '[::ffff:169.254.169.254]',
    '[64:ff9b::169.254.169.254]',
    '100.100.100.200',
    '192.0.0.192',
    'metadata.google.internal',
    'METADATA',
  ])('is so for %s', (host) => expect(forbidden(host)).toBe(true));

  it.each(['127.0.0.1', '10.0.0.1', '192.168.1.1', '8.8.8.8', '[::1]', '[fd00::1]', 'worker-a'])(
    'is not so for %s',
    (host) => expect(forbidden(host)).toBe(false),
  );
});
