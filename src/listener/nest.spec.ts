import { afterEach, describe, expect, it } from '@jest/globals';
import {
  Controller,
  Get,
  Module,
  Post,
  Req,
  Res,
  UseGuards,
  type CanActivate,
  type ExecutionContext,
} from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import http2, { type ClientHttp2Session, type ClientHttp2Stream } from 'node:http2';
import { SilentLogger } from '../logging/silent-logger.js';
import { ServerCertificates } from '../tls/certificates.js';
import type { RequestHandler } from './http-server.js';
import { createListener } from './listener.js';

class TokenGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest<IncomingMessage>();
    return request.headers['authorization'] === 'Bearer t';
  }
}

@Controller()
@UseGuards(new TokenGuard())
class EchoController {
  @Get('stream')
  stream(@Res() response: ServerResponse): void {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write('data: 1\n\n');
    setTimeout(() => response.end('data: 2\n\n'), 20);
  }

  @Post('echo')
  echo(@Req() request: IncomingMessage, @Res() response: ServerResponse): void {
    request.pipe(response);
  }
}

@Module({ controllers: [EchoController] })
class EchoModule {}

const cleanups: (() => unknown)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function start(): Promise<ClientHttp2Session> {
  const app = await NestFactory.create(EchoModule, { bodyParser: false, logger: false });
  await app.init();
  cleanups.push(() => app.close());
  const logger = new SilentLogger();
  const none = { defaultPath: '/nowhere', requireValidCert: false, logger };
  const tls = await ServerCertificates.load(none);
  const handle = app.getHttpAdapter().getInstance() as RequestHandler;
  const listener = createListener(
    { port: 0, bindAddress: '127.0.0.1', tls, logger },
    handle,
    (_request, socket) => socket.destroy(),
  );
  cleanups.push(() => listener.closeNow());
  const { port } = await listener.listen();
  const session = http2.connect(`https://127.0.0.1:${port}`, { rejectUnauthorized: false });
  cleanups.push(() => session.destroy());
  return session;
}

async function answer(stream: ClientHttp2Stream): Promise<{ status: unknown; chunks: string[] }> {
  const chunks: string[] = [];
  let status: unknown;
  stream.on('response', (headers) => (status = headers[':status']));
  stream.on('data', (chunk: Buffer) => chunks.push(chunk.toString()));
  await once(stream, 'close');
  return { status, chunks };
}

describe('a Nest application behind the listener', () => {
  it('serves HTTP/2 through its guards and controllers', async () => {
    const session = await start();
    const authorization = 'Bearer t';
    const refused = await answer(session.request({ ':path': '/stream' }));
    expect(refused.status).toBe(403);
    const events = await answer(session.request({ ':path': '/stream', authorization }));
    expect(events).toEqual({ status: 200, chunks: ['data: 1\n\n', 'data: 2\n\n'] });
    const upload = session.request({ ':method': 'POST', ':path': '/echo', authorization });
    upload.end('hello');
    expect(await answer(upload)).toEqual({ status: 201, chunks: ['hello'] });
    const missing = await answer(session.request({ ':path': '/missing', authorization }));
    expect(missing.status).toBe(404);
  });
});
