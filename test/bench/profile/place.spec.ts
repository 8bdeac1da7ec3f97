import { describe, expect, it } from '@jest/globals';
import { placeOf } from './place.js';

describe(placeOf.name, () => {
  it.each([
    ['relay', 'src/proxy/answer-relay.ts', 'tandem', 'tandem: proxy'],
    ['main', 'src/main.ts', 'tandem', 'tandem: other'],
    ['next', 'node_modules/@nestjs/core/router/x.js', 'packages', 'Nest, Express, rxjs'],
    ['inc', 'node_modules/prom-client/lib/counter.js', 'packages', 'package prom-client'],
    ['ms', 'node_modules/a/node_modules/debug/x.js', 'packages', 'Nest, Express, rxjs'],
    ['onParserExecute', 'node:_http_server', 'node', 'Node: http'],
    ['onwrite', 'node:internal/streams/writable', 'node', 'Node: net and streams'],
    ['writev', '', 'native', 'system calls: write, connect, …'],
    ['(garbage collector)', '', 'native', 'garbage collection'],
  ])('puts %s of %s in its group', (name, file, owner, group) => {
    expect(placeOf(name, { file, line: 7 })).toMatchObject({ owner, group });
  });

  it('names a function by its file and line', () => {
    expect(placeOf('', { file: 'src/a/b.ts', line: 7 })).toMatchObject({
      name: '(anonymous)',
      at: 'src/a/b.ts:7',
    });
  });
});
