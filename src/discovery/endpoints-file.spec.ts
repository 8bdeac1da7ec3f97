import { describe, expect, it } from '@jest/globals';
import { DiscoveryFileError } from './discovery-file.js';
import { readEndpointsFile } from './endpoints-file.js';

const entry = { name: 'a', address: '10.0.0.1', port: '8000' };
const read = (...endpoints: readonly unknown[]) => readEndpointsFile(JSON.stringify({ endpoints }));
const flaws = (...endpoints: readonly unknown[]) =>
  read(...endpoints).map((one) => ('flaw' in one ? one.flaw : 'good'));

describe('an endpoints file', () => {
  it('is read as YAML, as llm-d writes it', () => {
    const [first, second] = readEndpointsFile(`
# servers
endpoints:
  - name: vllm-0
    namespace: prod
    address: "10.0.0.1"
    port: "8000"
    labels: {llm-d.ai/role: decode}
  - {name: vllm-1, address: "::1", port: 8001}
`);
    expect(first).toMatchObject({
      key: 'prod/vllm-0',
      found: {
        identity: 'prod/vllm-0',
        usable: true,
        spec: {
          name: 'vllm-0',
          namespace: 'prod',
          source: 'file',
          labels: { 'llm-d.ai/role': 'decode' },
          address: { url: 'http://10.0.0.1:8000' },
        },
      },
    });
    expect(second).toMatchObject({
      key: 'default/vllm-1',
      found: { spec: { labels: {}, address: { target: { label: '[::1]:8001' } } } },
    });
  });

  it('is read as JSON, and of YAML that begins as JSON does', () => {
    expect(flaws({ ...entry, port: 8000 })).toEqual(['good']);
    expect(
      readEndpointsFile('{endpoints: [{name: a, address: 10.0.0.1, port: 8000}]}'),
    ).toHaveLength(1);
  });

  it('may name none', () => {
    expect(readEndpointsFile('endpoints: []')).toEqual([]);
    expect(readEndpointsFile('endpoints:')).toEqual([]);
  });

  it('takes an address in brackets, and where metrics are', () => {
    const [one] = read({ ...entry, address: '[2001:DB8::1]', metricsHost: '10.0.0.9:9100' });
    expect(one).toMatchObject({
      found: {
        spec: {
          address: { target: { label: '[2001:db8::1]:8000' } },
          metricsHost: '10.0.0.9:9100',
        },
      },
    });
  });

  it('tells of members without a meaning', () => {
    expect(read({ ...entry, label: { a: 'b' } })).toMatchObject([{ unknown: ['label'] }]);
  });

  it.each<[unknown, string]>([
    [{ ...entry, address: 'vllm.example' }, 'endpoints[0] (a): address: expected an IPv4 or IPv6'],
    [
      { ...entry, address: '10.0.0.256' },
      'address: expected an IPv4 or IPv6 address, got "10.0.0.256"',
    ],
    [{ ...entry, address: '169.254.169.254' }, 'metadata address'],
    [{ ...entry, port: 0 }, 'endpoints[0] (a): port: expected a port from 1 to 65535, got 0'],
    [{ ...entry, port: '80x' }, 'port: expected a port from 1 to 65535, got "80x"'],
    [{ ...entry, port: 65536 }, 'port: expected a port from 1 to 65535'],
    [{ ...entry, port: undefined }, 'port: it is missing'],
    [{ address: '10.0.0.1', port: 1 }, 'endpoints[0]: name: it is missing, give a string'],
    [{ ...entry, labels: { a: 1 } }, 'labels.a: expected a string, got 1'],
    [{ ...entry, metricsHost: 'x' }, 'metricsHost: expected HOST:PORT, got "x"'],
    ['a', 'endpoints[0]: the entry: expected an object, got "a"'],
    [null, 'endpoints[0]: the entry'],
  ])('says what is wrong with %j', (raw, flaw) => {
    expect(flaws(raw)).toEqual([expect.stringContaining(flaw)]);
  });

  it('refuses the second one of a name or of an address', () => {
    expect(flaws(entry, { ...entry, port: 1 }, { ...entry, namespace: 'x', port: 2 })).toEqual([
      'good',
      'endpoints[1] (a): endpoints[0] has the name default/a too',
      'good',
    ]);
    expect(flaws(entry, { ...entry, name: 'b' })).toEqual([
      'good',
      'endpoints[1] (b): endpoints[0] has the address 10.0.0.1:8000 too',
    ]);
  });

  it.each([
    ['', 'it has no member endpoints'],
    ['[]', 'it has no member endpoints'],
    ['a: [', 'it is neither YAML nor JSON'],
    ['{"endpoints": [}', 'it is neither YAML nor JSON'],
    ['endpoints: {a: b}', 'endpoints: expected a list'],
  ])('is refused as a whole: %j', (text, message) => {
    expect(() => readEndpointsFile(text)).toThrow(DiscoveryFileError);
    expect(() => readEndpointsFile(text)).toThrow(message);
  });
});
