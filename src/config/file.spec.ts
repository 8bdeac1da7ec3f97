import { describe, expect, it } from '@jest/globals';
import { readFileSettings } from './file.js';
import { NameIndex } from './names.js';
import { settings as sidecarSettings } from '../../test/support/sidecar-config.js';

const names = new NameIndex(sidecarSettings);

function read(text: string): Record<string, unknown> {
  const given = readFileSettings(
    { text, origin: '--configuration-file=/x.yaml', hasLines: true },
    names,
  );
  return Object.fromEntries(given.map(({ key, value }) => [key, value]));
}

describe(readFileSettings.name, () => {
  it.each<[string, string, object]>([
    [
      'YAML',
      'port: 8080\nenable-tls: [prefiller]\nretry-backoff: 50ms\n',
      { port: 8080, 'enable-tls': ['prefiller'], 'retry-backoff': 50 },
    ],
    ['JSON', '{"port": 8080, "secure-proxy": false}', { port: 8080, 'secure-proxy': false }],
    ['JSON with tabs', '{\n\t"port":\t8080\n}', { port: 8080 }],
    [
      'text in place of numbers and lists',
      'port: "8080"\nenable-tls: prefiller,decoder',
      { port: 8080, 'enable-tls': ['prefiller', 'decoder'] },
    ],
    ['older names', 'vllm-port: 9\nv: 5', { 'model-server-port': 9, 'log-level': 'trace' }],
    [
      'the new name before the older one',
      'model-server-port: 8\nvllm-port: 9',
      { 'model-server-port': 8 },
    ],
    [
      'the new name after the older one',
      'vllm-port: 9\nmodel-server-port: 8',
      { 'model-server-port': 8 },
    ],
    ['nothing', '', {}],
    ['nothing but comments', '# port: 1\n', {}],
    [
      'an anchor',
      'prefiller-timeout: &t 3s\nretry-backoff: *t',
      { 'prefiller-timeout': 3000, 'retry-backoff': 3000 },
    ],
  ])('takes %s', (_, text, expected) => {
    expect(read(text)).toEqual(expected);
  });

  it.each<[string, string, string]>([
    [
      'an unknown key',
      'prot: 1',
      'unknown key prot in --configuration-file=/x.yaml, line 1: did you mean port?',
    ],
    ['an unknown key of another kind', '1: 2', 'unknown key 1 in'],
    ['a prototype', '__proto__: {}', 'unknown key __proto__ in'],
    ['a file in a file', 'configuration-file: /y', 'unknown key configuration-file in'],
    [
      'a bad value',
      'port: abc',
      'port in --configuration-file=/x.yaml, line 1: expected a port from 1 to 65535, got "abc"',
    ],
    [
      'a duration without a unit',
      'retry-backoff: 5',
      'retry-backoff in --configuration-file=/x.yaml, line 1: expected a duration',
    ],
    [
      'a key without a value',
      'port:',
      'port in --configuration-file=/x.yaml, line 1: has no value; expected a port',
    ],
    ['a nested mapping', 'port: {a: 1}', 'expected a port from 1 to 65535, got {"a":1}'],
    ['a key given twice', 'port: 1\nport: 2', 'is not valid YAML or JSON: Map keys must be unique'],
    ['broken YAML', 'port: [1', '--configuration-file=/x.yaml: is not valid YAML or JSON: '],
    ['several documents', 'port: 1\n---\nport: 2', 'is not valid YAML or JSON: '],
    [
      'a list',
      '- port',
      '--configuration-file=/x.yaml: expected a mapping of settings such as {port: 8000}',
    ],
    ['a word', 'port', 'expected a mapping of settings'],
    ['an unknown anchor', 'port: *x', 'is not valid YAML or JSON: '],
  ])('refuses %s', (_, text, message) => {
    expect(() => read(text)).toThrow(message);
    expect(() => read(text)).not.toThrow(/\n/);
  });

  it.each([
    ['YAML', '# mine\n\nport: 1\nretry-backoff: 5\n', 4],
    ['JSON with tabs', '{\n\t"port":\t1,\n\t"retry-backoff":\t5\n}', 3],
    ['a list', 'enable-tls:\n  - decoder\n"retry-backoff":\n  - 5\n', 3],
  ])('says at which line of %s a mistake is', (_, text, line) => {
    const mistake = { key: 'retry-backoff', line };
    expect(() => read(text)).toThrow(expect.objectContaining({ at: mistake }));
    expect(() => read(text)).toThrow(
      `retry-backoff in --configuration-file=/x.yaml, line ${line}: `,
    );
  });

  it('knows the line of what is no YAML', () => {
    expect(() => read('port: 1\nport: 2\n')).toThrow(/Map keys must be unique at line 2, /);
  });
});
