/** What a frame belongs to; the four colours of a flame graph. */
export type Owner = 'tandem' | 'packages' | 'node' | 'native';

/** A function that time was spent in. */
export interface Place {
  readonly owner: Owner;
  /** The row of the table by groups. */
  readonly group: string;
  /** Name of the function. */
  readonly name: string;
  /** `path:line`, from the root of the checkout; empty for native code. */
  readonly at: string;
}

/** Where a function begins in a source file; the line from 1. */
export interface Position {
  /** Path from the root of the checkout, or `node:…`; empty for native code. */
  readonly file: string;
  readonly line: number;
}

/** Functions of Node that are little more than a system call. */
const SYSTEM_CALLS =
  /^(?:writev|writeBuffer|write(?:Latin1|Utf8|Ascii|Ucs2)String|readStart|readStop|shutdown|close|connect6?|listen|open|setNoDelay|setKeepAlive|reset)$/;

const FRAMEWORK =
  /^(?:@nestjs\/|rxjs|reflect-metadata|express|router|path-to-regexp|finalhandler|on-finished|ee-first|parseurl|encodeurl|qs|depd|debug|ms|iterare|@willsoto\/)/;

/** Says what a function belongs to. */
export function placeOf(functionName: string, position: Position): Place {
  const name = functionName === '' ? '(anonymous)' : functionName;
  const { file, line } = position;
  const at = file === '' ? '' : `${file}:${line}`;
  if (file.startsWith('node:')) return { owner: 'node', group: nodeGroup(file), name, at };
  if (file === '') return { owner: 'native', group: nativeGroup(name), name, at };
  if (file.includes('/dist/bundle/'))
    return { owner: 'packages', group: 'glue of the bundle', name, at: 'dist/bundle' };
  const packageName = /(?:^|\/)node_modules\/((?:@[^/]+\/)?[^/]+)\/(?!.*node_modules\/)/.exec(
    file,
  )?.[1];
  if (packageName === undefined) return { owner: 'tandem', group: roomOf(file), name, at };
  const isFramework = FRAMEWORK.test(packageName);
  const group = isFramework ? 'Nest, Express, rxjs' : `package ${packageName}`;
  return { owner: 'packages', group, name, at };
}

function nodeGroup(file: string): string {
  if (/http|_http/.test(file)) return 'Node: http';
  if (/streams?|\/net|node:net|stream_base/.test(file)) return 'Node: net and streams';
  if (/timers|process\/task_queues|async_hooks|async_local|async_context|promises/.test(file))
    return 'Node: timers, ticks, async context';
  return 'Node: other';
}

function nativeGroup(name: string): string {
  if (name === '(garbage collector)') return 'garbage collection';
  if (name === '(program)') return 'native: event loop, reads';
  if (name === '(root)') return 'native: other';
  return SYSTEM_CALLS.test(name) ? 'system calls: write, connect, …' : 'native: other';
}

function roomOf(file: string): string {
  const [, room] = /^src\/([^/]+)\//.exec(file) ?? [];
  return room === undefined ? 'tandem: other' : `tandem: ${room}`;
}
