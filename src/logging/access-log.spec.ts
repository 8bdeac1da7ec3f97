import { describe, expect, it } from '@jest/globals';
import { AccessLog } from './access-log.js';
import { MemorySink } from '../../test/support/memory-sink.js';
import { PinoLogger } from './pino-logger.js';

const REQUEST = {
  method: 'POST',
  path: '/v1/chat/completions',
  status: 200,
  requestId: '0d9a',
} as const;

function write(
  entry: Parameters<AccessLog['write']>[0],
  level: 'info' | 'warn' = 'info',
): MemorySink {
  const sink = new MemorySink();
  new AccessLog(new PinoLogger(level, sink)).write(entry);
  return sink;
}

describe(AccessLog.name, () => {
  it('writes method, path, status and request id at info', () => {
    expect(write(REQUEST).records).toEqual([
      { level: 'info', time: expect.any(String), msg: 'request', ...REQUEST },
    ]);
  });

  it('writes everything else that is known, times to the microsecond', () => {
    const known = {
      durationMs: 12.3456789,
      ttftMs: 3,
      prefillMs: 1.5,
      decodeMs: 10,
      prefiller: '10.0.0.1:8000',
      connector: 'nixlv2',
      kvSource: '10.0.0.3:8000',
      retries: 1,
      requestBytes: 100,
      responseBytes: 2000,
      client: '127.0.0.1',
      outcome: 'client_gone',
      error: 'prefill_network',
    } as const;
    expect(write({ ...REQUEST, ...known }).records[0]).toMatchObject({
      ...known,
      durationMs: 12.346,
    });
  });

  it('leaves the query out, for it can hold keys', () => {
    const sink = write({ ...REQUEST, path: '/v1/models?api_key=secret' });
    expect(sink.records[0]?.['path']).toBe('/v1/models');
    expect(sink.lines[0]).not.toContain('secret');
  });

  it.each([
    'a"b',
    'a\\b',
    'a\r\n{"level":"error"}',
    'a\u0000\u007f\u0085\u2028b',
    'ümläut',
    '\ud800',
  ])('keeps %j in one line of valid JSON', (value) => {
    const sink = write({ ...REQUEST, path: `/${value}`, requestId: value });
    expect(sink.lines[0]?.match(/[\r\n]/g)).toEqual(['\n']);
    expect(sink.records[0]).toMatchObject({ path: `/${value}`, requestId: value });
  });

  it('cuts a path that would fill the log', () => {
    const sink = write({ ...REQUEST, path: `/${'a'.repeat(100_000)}` });
    expect(sink.lines[0]?.length).toBeLessThan(1500);
  });

  it('writes nothing above info', () => {
    expect(write(REQUEST, 'warn').lines).toEqual([]);
  });
});
