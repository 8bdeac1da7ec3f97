import { describe, expect, it } from '@jest/globals';
import { parseTarget } from '../endpoint/target.js';
import { Origins } from './origins.js';

const target = (text: string): NonNullable<ReturnType<typeof parseTarget>> => parseTarget(text)!;

describe(Origins.name, () => {
  it('dials the decoder on this machine, IPv4 first', () => {
    const [decoder] = new Origins({ decoderPort: 8001 }).decoders;
    expect(decoder).toMatchObject({ addresses: ['127.0.0.1', '::1'], port: 8001 });
    expect(decoder).not.toHaveProperty('tls');
  });

  it('dials the decoders of data-parallel ranks at ports in a row, over connections of their own', () => {
    const decoderTls = { servername: 'd' };
    const { decoders } = new Origins({ decoderPort: 8200, ranks: 3, decoderTls });
    expect(decoders.map(({ port, tls }) => [port, tls])).toEqual([
      [8200, decoderTls],
      [8201, decoderTls],
      [8202, decoderTls],
    ]);
    expect(new Set(decoders.map(({ key }) => key)).size).toBe(3);
  });

  it('dials the very host that was parsed', () => {
    const origins = new Origins({ decoderPort: 1 });
    expect(origins.prefiller(target('[::FFFF:10.0.0.1]:80'))).toMatchObject({
      addresses: ['10.0.0.1'],
      port: 80,
      label: '10.0.0.1:80',
    });
  });

  it('gives one origin for all spellings of a target, so that connections are shared', () => {
    const origins = new Origins({ decoderPort: 1 });
    const first = origins.prefiller(target('Host:80'));
    expect(origins.prefiller(target('http://host:80'))).toBe(first);
    expect(origins.prefiller(target('host:81'))).not.toBe(first);
  });

  it('never shares connections between decoder and prefillers', () => {
    const origins = new Origins({ decoderPort: 80 });
    expect(origins.prefiller(target('localhost:80')).key).not.toBe(origins.decoders[0]!.key);
  });

  it('never shares connections between encoders and prefillers, which may be spoken to otherwise', () => {
    const encoderTls = (host: string): { servername: string } => ({ servername: host });
    const origins = new Origins({ decoderPort: 1, encoderTls });
    const [encoder, prefiller] = [origins.encoder(target('h:1')), origins.prefiller(target('h:1'))];
    expect(encoder.key).not.toBe(prefiller.key);
    expect([encoder.tls, prefiller.tls]).toEqual([{ servername: 'h' }, undefined]);
    expect(origins.encoder(target('H:1'))).toBe(encoder);
  });

  it('speaks TLS where configuration says so, by the name of each host', () => {
    const names: string[] = [];
    const prefillerTls = (host: string): { servername: string } => {
      names.push(host);
      return { servername: host };
    };
    const origins = new Origins({ decoderPort: 1, decoderTls: { servername: 'd' }, prefillerTls });
    expect(origins.decoders[0]!.tls).toEqual({ servername: 'd' });
    expect(origins.prefiller(target('a:1')).tls).toBe(origins.prefiller(target('a:1')).tls);
    expect(names).toEqual(['a']);
  });

  it('forgets targets that clients made up', () => {
    let made = 0;
    const origins = new Origins({
      decoderPort: 1,
      prefillerTls: () => ({ servername: `${made++}` }),
    });
    for (let port = 1; port <= 5000; port++) origins.prefiller(target(`a:${port}`));
    expect(made).toBe(5000);
    const kept = Object.values(origins).find((value) => value instanceof Map) as Map<
      string,
      unknown
    >;
    expect(kept.size).toBeLessThanOrEqual(1024);
  });
});
