import { describe, expect, it } from '@jest/globals';
import { readDiscoveryFile } from './discovery-file.js';

const read = (...workers: readonly unknown[]): ReturnType<typeof readDiscoveryFile> =>
  readDiscoveryFile(JSON.stringify({ version: 1, workers }));

describe('a discovery file', () => {
  it('names workers, with what the worker API would take where nothing is said', () => {
    const url = 'http://10.0.0.1:8000/';
    const [worker] = read({ url });
    expect(worker).toMatchObject({
      source: 'file',
      role: 'regular',
      priority: 50,
      cost: 1,
      labels: {},
      address: { url: 'http://10.0.0.1:8000', secure: false },
    });
    expect(worker!.modelId).toBeUndefined();
  });

  it('says all that there is to say of a worker', () => {
    const [worker] = read({
      url: 'https://prefill.example:9000',
      worker_type: 'prefill',
      model_id: 'm/1',
      bootstrap_port: 8998,
      priority: 10,
      cost: 0.5,
      labels: { policy: 'random' },
    });
    expect(worker).toMatchObject({
      role: 'prefill',
      modelId: 'm/1',
      bootstrapPort: 8998,
      priority: 10,
      cost: 0.5,
      labels: { policy: 'random' },
      address: { secure: true },
    });
  });

  it('may name none', () => {
    expect(read()).toEqual([]);
  });

  const url = 'http://a:1';
  it.each<[string, unknown, RegExp]>([
    [
      'a member of a worker that is unknown',
      [{ url, prio: 1 }],
      /^workers\[0\]\.prio is unknown; known are url, /,
    ],
    ['a role that is none', [{ url, worker_type: 'both' }], /^workers\[0\]\.worker_type: /],
    [
      'a text in place of a number',
      [{ url }, { url: 'http://b', priority: '1' }],
      /^workers\[1\]\.priority: /,
    ],
    ['a port that is none', [{ url, bootstrap_port: 70_000 }], /^workers\[0\]\.bootstrap_port: /],
    ['a cost below nothing', [{ url, cost: -1 }], /^workers\[0\]\.cost: /],
    ['a label that is no text', [{ url, labels: { gpu: 1 } }], /^workers\[0\]\.labels\.gpu: /],
    ['a worker without a URL', [{}], /^workers\[0\]\.url: /],
    ['a URL that is none', [{ url: 'a:1' }], /^workers\[0\]\.url: "a:1" is no worker URL: give /],
    ['a gRPC worker', [{ url: 'grpc://a:1' }], /^workers\[0\]\.url: .*gRPC/],
    ['a metadata service', [{ url: 'http://169.254.169.254' }], /^workers\[0\]\.url: .*link-local/],
    [
      'a URL twice',
      [{ url }, { url: 'HTTP://A:1/' }],
      /^workers\[1\]\.url: workers\[0\] has it too$/,
    ],
    ['workers that are no list', { url }, /^workers: /],
  ])('is refused as a whole for %s', (_, workers, message) => {
    const text = JSON.stringify({ version: 1, workers });
    expect(() => readDiscoveryFile(text)).toThrow(message);
  });

  it.each([
    ['', /^it is not JSON: /],
    ['{"version":1,"workers":[', /^it is not JSON: /],
    ['[]', /^the file: expected an object, got \[\]$/],
    ['{"workers":[]}', /^version: it is missing, give 1$/],
    ['{"version":2,"workers":[]}', /^version: expected 1, got 2$/],
    ['{"version":1,"workers":[],"models":[]}', /^models is unknown; known are version, workers$/],
    ['{"version":1,\n"workers":}', /^[^\n]*$/],
  ])('is refused as %j', (text, message) => {
    expect(() => readDiscoveryFile(text)).toThrow(message);
  });
});
