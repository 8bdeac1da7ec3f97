import { describe, expect, it } from '@jest/globals';
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { ProxyError } from '../../../errors/proxy.error.js';
import { Keys } from './keys.js';

interface Asked {
  readonly apiKey?: string;
  readonly adminApiKey?: string;
  readonly host?: string;
  readonly method?: string;
  readonly path?: string;
  readonly authorization?: string;
  readonly xApiKey?: string;
}

/** @returns the code of the refusal; undefined: it may pass */
function refusal(asked: Asked): string | undefined {
  const { apiKey, adminApiKey, host = '127.0.0.1', method = 'POST', authorization } = asked;
  const headers: IncomingHttpHeaders = { authorization, 'x-api-key': asked.xApiKey };
  const request = { method, headers } as IncomingMessage;
  try {
    new Keys({ apiKey, adminApiKey, host }).check(request, asked.path ?? '/v1/completions');
    return undefined;
  } catch (error) {
    return (error as ProxyError).code;
  }
}

describe(Keys.name, () => {
  it('lets all pass where there is no key and nobody from outside', () => {
    expect(refusal({})).toBeUndefined();
    expect(refusal({ path: '/workers' })).toBeUndefined();
    for (const host of ['localhost', '::1', '127.8.0.1']) {
      expect(refusal({ path: '/workers', host })).toBeUndefined();
    }
  });

  it('closes the worker API where somebody from outside could ask and there is no key', () => {
    for (const path of ['/workers', '/add_worker', '/flush_cache']) {
      expect(refusal({ path, host: '0.0.0.0' })).toBe('admin_closed');
    }
    expect(refusal({ host: '0.0.0.0' })).toBeUndefined();
    expect(refusal({ host: '0.0.0.0', path: '/v1/models', method: 'GET' })).toBeUndefined();
  });

  it.each([
    [undefined, 'unauthorized'],
    ['Bearer other', 'unauthorized'],
    ['Basic k', 'unauthorized'],
    ['Bearer k', undefined],
    ['bearer  k', undefined],
  ])('asks clients for the key: %j', (authorization, code) => {
    const keyed = { apiKey: 'k', ...(authorization !== undefined && { authorization }) };
    expect(refusal(keyed)).toBe(code);
    expect(refusal({ ...keyed, path: '/workers', host: '0.0.0.0' })).toBe(code);
  });

  it('takes the key of clients from x-api-key too', () => {
    const keyed = { apiKey: 'k', path: '/v1/messages' };
    expect(refusal({ ...keyed, xApiKey: 'k' })).toBeUndefined();
    expect(refusal({ ...keyed, xApiKey: 'other' })).toBe('unauthorized');
    expect(refusal({ ...keyed, xApiKey: 'k', authorization: 'Bearer other' })).toBe('unauthorized');
    expect(refusal({ ...keyed, xApiKey: 'k', path: '/workers' })).toBe('unauthorized');
  });

  it('asks operators for a key of their own where there is one', () => {
    const keys = { apiKey: 'k', adminApiKey: 'a', path: '/workers' };
    expect(refusal({ ...keys, authorization: 'Bearer k' })).toBe('unauthorized');
    expect(refusal({ ...keys, authorization: 'Bearer a' })).toBeUndefined();
  });

  it('never asks probes', () => {
    for (const path of ['/health', '/liveness', '/readiness']) {
      expect(refusal({ apiKey: 'k', path, method: 'GET' })).toBeUndefined();
    }
  });
});
