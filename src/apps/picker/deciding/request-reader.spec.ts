import { describe, expect, it } from '@jest/globals';
import type { ProxiedRequest } from '../../../ext-proc/decider.js';
import { loadPickerConfig } from '../../../scheduling/load-picker-config.js';
import { SilentLogger } from '../../../logging/silent-logger.js';
import { PLUGINS } from '../plugins.js';
import { readRequest } from './request-reader.js';

const { parsers } = loadPickerConfig(undefined, PLUGINS, {
  ...{ source: 'test', logger: new SilentLogger(), services: {} },
  now: () => 0,
  random: () => 0,
});

function read(path: string, body: string | undefined, mayBeCut = false) {
  const headers = new Map([[':path', path]]);
  const request = { headers, body: body === undefined ? body : Buffer.from(body), mayBeCut };
  return readRequest(request as unknown as ProxiedRequest, parsers);
}

describe(readRequest.name, () => {
  it.each([
    ['/v1/completions?x=y', '{"model":"m","prompt":"p"}', '/v1/completions', 'm'],
    ['/v1/models', undefined, '/v1/models', ''],
    ['/any/thing', 'no JSON', '/any/thing', ''],
  ])('reads what a request to %s asks for', (target, body, path, model) => {
    expect(read(target, body)).toMatchObject({ kind: 'read', path, model });
  });

  it('refuses a body that no model server takes', () => {
    expect(read('/v1/completions', '{"model":"m"')).toMatchObject({ kind: 'refusal', status: 400 });
  });

  it('leaves half a body to the model server, where the proxy held no more', () => {
    const seen = read('/v1/completions', '{"model":"m"', true);
    expect(seen).toMatchObject({ kind: 'read', body: undefined, model: '' });
    expect(read('/v1/completions', '{"model":"m","prompt":"p"}', true)).toMatchObject({
      model: 'm',
    });
  });
});
