import { describe, expect, it } from '@jest/globals';
import { readWorkerRequest, readWorkerUpdate, specOf } from './worker-request.js';

const URL = '"url":"http://127.0.0.1:8000"';

describe('the body of POST /workers', () => {
  it.each([
    ['{', 'the body is not JSON'],
    ['[]', 'the body: expected an object, got []'],
    ['{}', 'url: it is missing, give "http://HOST:PORT"'],
    ['{"url":null}', 'url: expected "http://HOST:PORT", got null'],
    [`{${URL},"priority":"high"}`, 'priority: expected a number, got "high"'],
    [`{${URL},"priority":1.5}`, 'priority: expected a whole number, got 1.5'],
    [
      `{${URL},"worker_type":"prefil"}`,
      'worker_type: expected one of regular, prefill, decode, got "prefil"',
    ],
    [`{${URL},"bootstrap_port":0}`, 'bootstrap_port: expected at least 1, got 0'],
    [`{${URL},"bootstrap_port":65536}`, 'bootstrap_port: expected at most 65535, got 65536'],
    [`{${URL},"labels":["gold"]}`, 'labels: expected an object, got ["gold"]'],
    [`{${URL},"labels":{"tier":1}}`, 'labels.tier: expected a string, got 1'],
    [
      `{${URL},"disable_health_check":"no"}`,
      'disable_health_check: expected true or false, got "no"',
    ],
  ])('says what to give instead of %s', (body, error) => {
    expect(readWorkerRequest(body)).toEqual({ status: 400, code: 'BAD_REQUEST', error });
  });

  it('does not say a key that is wrong', () => {
    expect(readWorkerUpdate('{"api_key":4711}')).toMatchObject({
      error: 'api_key: expected a string',
    });
  });
});

describe('a worker at the unspecified address', () => {
  it.each(['http://0.0.0.0:8000', 'http://[::]:8000'])(
    'is %s by a flag, and nobody by the API',
    (url) => {
      expect(specOf(url, { source: 'flags' })).toMatchObject({ address: { url } });
      expect(specOf(url)).toMatchObject({ status: 403, code: 'TARGET_FORBIDDEN' });
    },
  );

  it('is no way to other forbidden ones', () => {
    expect(specOf('http://169.254.169.254', { source: 'flags' })).toMatchObject({ status: 403 });
  });
});
