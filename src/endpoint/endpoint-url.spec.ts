import { describe, expect, it } from '@jest/globals';
import { parseEndpointUrl } from './endpoint-url.js';

describe(parseEndpointUrl.name, () => {
  it.each([
    ['http://10.0.0.1:8000', 'http://10.0.0.1:8000', 8000],
    ['HTTP://Worker-A:8000/', 'http://worker-a:8000', 8000],
    [' http://a ', 'http://a', 80],
    ['https://a.example.com', 'https://a.example.com', 443],
    ['http://[::1]:1', 'http://[::1]:1', 1],
    ['https://[2001:DB8::0:1]', 'https://[2001:db8::1]', 443],
  ])('reads %j', (text, url, port) => {
    expect(parseEndpointUrl(text)).toMatchObject({
      url,
      secure: url.startsWith('https'),
      target: { port },
    });
  });

  it.each([
    '',
    'a:1',
    'ftp://a:1',
    'http://',
    'http://a:0',
    'http://a:65536',
    'http://a:1/v1',
    'http://a:1?x',
    'http://a:1#x',
    'http://user@a:1',
    'http://0x7f.1:1',
    'http://2130706433:1',
    'http://a b:1',
    'http://::1:1',
  ])('refuses %j, and says what is right', (text) => {
    expect(parseEndpointUrl(text)).toMatch(/is no worker URL: give http:\/\/HOST:PORT/);
  });

  it.each(['grpc://a:1', 'grpcs://a:1'])('says of %s that it is not to be had yet', (text) => {
    expect(parseEndpointUrl(text)).toMatch(/gRPC workers are not supported by this version yet/);
  });
});
