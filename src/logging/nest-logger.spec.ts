import { describe, expect, it } from '@jest/globals';
import { MemorySink } from '../../test/support/memory-sink.js';
import { NestLogger } from './nest-logger.js';
import { PinoLogger } from './pino-logger.js';

function setUp(): { sut: NestLogger; sink: MemorySink } {
  const sink = new MemorySink();
  return { sut: new NestLogger(new PinoLogger('trace', sink)), sink };
}

describe(NestLogger.name, () => {
  it("puts Nest's chatter at debug, with its context", () => {
    const { sut, sink } = setUp();
    sut.log('Starting Nest application...', 'NestFactory');
    expect(sink.records[0]).toMatchObject({
      level: 'debug',
      msg: 'Starting Nest application...',
      context: 'NestFactory',
    });
  });

  it('keeps warnings and errors at their level', () => {
    const { sut, sink } = setUp();
    sut.warn('careful', 'Router');
    sut.error('broken', 'Error: broken\n    at x', 'ExceptionHandler');
    sut.fatal(new Error('dead'));
    expect(sink.records).toEqual([
      expect.objectContaining({ level: 'warn', msg: 'careful', context: 'Router' }),
      expect.objectContaining({
        level: 'error',
        msg: 'broken',
        stack: 'Error: broken\n    at x',
        context: 'ExceptionHandler',
      }),
      expect.objectContaining({
        level: 'error',
        msg: 'dead',
        error: expect.objectContaining({ type: 'Error' }),
      }),
    ]);
  });

  it('writes objects as JSON and verbose messages at trace', () => {
    const { sut, sink } = setUp();
    sut.verbose({ a: 1 });
    sut.debug('d');
    expect(sink.records).toEqual([
      expect.objectContaining({ level: 'trace', msg: '{"a":1}' }),
      expect.objectContaining({ level: 'trace', msg: 'd' }),
    ]);
  });
});
