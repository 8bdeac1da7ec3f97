import { Agent, get } from 'node:http';
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { connect } from 'node:http2';
import type { Envoy } from '../../envoy/rig/envoy.js';

/** What clients met. */
export class Seen {
  answers = 0;
  /** Connections that Envoy told to close. */
  closed = 0;
  readonly failures: string[] = [];
}

/** Sends one request after the other on one connection, until Envoy tells it to close: then it has gone elsewhere. */
export async function keptAliveClient(envoy: Envoy, seen: Seen): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  try {
    for (let isOpen = true; isOpen;) {
      const response = await answered(get(`${envoy.url}/v1/models`, { agent }));
      if (response.statusCode !== 200) seen.failures.push(`status ${response.statusCode}`);
      seen.answers++;
      isOpen = response.headers.connection !== 'close';
    }
    seen.closed++;
  } catch (error) {
    seen.failures.push((error as Error).message);
  } finally {
    agent.destroy();
  }
}

async function answered(request: ReturnType<typeof get>): Promise<IncomingMessage> {
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  response.resume();
  await once(response, 'end');
  return response;
}

/** The same over HTTP/2, until Envoy says GOAWAY. */
export async function http2Client(envoy: Envoy, seen: Seen): Promise<void> {
  const session = connect(envoy.url);
  let isOpen = true;
  session.on('goaway', () => (isOpen = false));
  session.on('error', (error) => seen.failures.push(error.message));
  try {
    while (isOpen) {
      const stream = session.request({ ':path': '/v1/models' });
      const [headers] = (await once(stream, 'response')) as [Record<string, unknown>];
      for await (const chunk of stream) void chunk;
      if (headers[':status'] !== 200) seen.failures.push(`status ${String(headers[':status'])}`);
      seen.answers++;
    }
    seen.closed++;
  } catch (error) {
    seen.failures.push((error as Error).message);
  } finally {
    session.destroy();
  }
}
