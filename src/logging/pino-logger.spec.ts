import { describe, expect, it } from '@jest/globals';
import { MemorySink } from '../../test/support/memory-sink.js';
import { PinoLogger } from './pino-logger.js';

describe(PinoLogger.name, () => {
  it('writes level as a word, an ISO time, the fields and the message', () => {
    const sink = new MemorySink();
    new PinoLogger('info', sink).warn('prefill failed', { prefiller: 'a:1', attempt: 2 });
    expect(sink.records).toEqual([
      {
        level: 'warn',
        time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
        prefiller: 'a:1',
        attempt: 2,
        msg: 'prefill failed',
      },
    ]);
  });

  it('says which of several processes wrote a line', () => {
    const sink = new MemorySink();
    const sut = new PinoLogger('info', sink, 3);
    sut.info('a', { b: 1 });
    sut.writeSerialized('info', 'c', ',"d":2');
    expect(sink.records).toMatchObject([
      { worker: 3, b: 1, msg: 'a' },
      { worker: 3, d: 2, msg: 'c' },
    ]);
  });

  it('ends each line with exactly one line feed, whatever the values hold', () => {
    const sink = new MemorySink();
    new PinoLogger('info', sink).info('a\r\nb', { value: 'c\n"d"' });
    expect(sink.lines.join('').match(/\n/g)).toHaveLength(1);
    expect(sink.records[0]).toMatchObject({ msg: 'a\r\nb', value: 'c\n"d"' });
  });

  it('takes a message without fields and leaves percent signs alone', () => {
    const sink = new MemorySink();
    new PinoLogger('info', sink).info('100% of %s');
    expect(sink.records[0]).toMatchObject({ msg: '100% of %s' });
  });

  it.each(['error', 'warn', 'info', 'debug', 'trace'] as const)('knows the level %s', (level) => {
    const sink = new MemorySink();
    const sut = new PinoLogger(level, sink);
    sut.error('m');
    sut.warn('m');
    sut.info('m');
    sut.debug('m');
    sut.trace('m');
    const order = ['error', 'warn', 'info', 'debug', 'trace'];
    expect(sink.records.map((record) => record['level'])).toEqual(
      order.slice(0, order.indexOf(level) + 1),
    );
    expect(order.filter((name) => sut.isLevelEnabled(name as typeof level))).toEqual(
      order.slice(0, order.indexOf(level) + 1),
    );
  });

  it('describes an error by type, message, code and cause', () => {
    const sink = new MemorySink();
    const cause = Object.assign(new Error('connect failed'), { code: 'ECONNREFUSED' });
    const error = Object.assign(new Error('prefill', { cause }), { code: 'prefill_network' });
    new PinoLogger('info', sink).error('request failed', { error });
    expect(sink.records[0]?.['error']).toEqual({
      type: 'Error',
      message: 'prefill',
      code: 'prefill_network',
      cause: { type: 'Error', message: 'connect failed', code: 'ECONNREFUSED' },
    });
  });

  it('shows the stack of an error without a code, for it is a bug', () => {
    const sink = new MemorySink();
    new PinoLogger('info', sink).error('request failed', { error: new TypeError('oops') });
    expect(sink.records[0]?.['error']).toMatchObject({
      type: 'TypeError',
      stack: expect.stringContaining('pino-logger.spec'),
    });
  });

  it('survives fields that cannot be JSON', () => {
    const sink = new MemorySink();
    const circular: Record<string, unknown> = {};
    circular['self'] = circular;
    new PinoLogger('info', sink).info('m', { circular, big: 12n, nothing: undefined });
    expect(sink.records[0]).toMatchObject({ msg: 'm' });
  });
});
