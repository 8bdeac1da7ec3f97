import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { Exchange } from '../../src/proxy/exchange.js';

/**
 * A request as Node would have read it, on a socket that leads nowhere.
 *
 * @param lines name, value, name, value … as sent
 */
export function requestWith(lines: readonly string[], method = 'POST'): IncomingMessage {
  const request = new IncomingMessage(new Socket());
  request.method = method;
  request.url = '/';
  request.httpVersion = '1.1';
  request.httpVersionMajor = request.httpVersionMinor = 1;
  request.rawHeaders = [...lines];
  const joined: Record<string, string> = {};
  for (let i = 0; i < lines.length; i += 2) {
    const name = lines[i]!.toLowerCase();
    joined[name] = name in joined ? `${joined[name]}, ${lines[i + 1]}` : lines[i + 1]!;
  }
  request.headers = joined;
  return request;
}

/** The exchange of such a request. */
export function exchangeWith(
  lines: readonly string[] = [],
  api: Exchange['facts']['api'] = undefined,
): Exchange {
  const request = requestWith(lines);
  const facts = { target: '/v1/x?q=%zz', path: '/v1/x', api, requestId: 'the-id' };
  return new Exchange(request, new ServerResponse(request), facts);
}
