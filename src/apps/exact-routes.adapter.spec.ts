import {
  All,
  Catch,
  Controller,
  Get,
  Module,
  Param,
  Post,
  Req,
  Res,
  type ArgumentsHost,
  type ExceptionFilter,
} from '@nestjs/common';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { NestFactory } from '@nestjs/core';
import type { INestApplication } from '@nestjs/common';
import { once } from 'node:events';
import { createServer, IncomingMessage, ServerResponse, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ExactRoutesAdapter } from './exact-routes.adapter.js';

@Controller()
class Routes {
  @Post('/exact')
  exact(@Req() request: unknown, @Res() response: unknown): void {
    answer('exact', request, response);
  }

  @Post('/named/:name')
  pattern(@Param('name') name: string, @Req() request: unknown, @Res() response: unknown): void {
    answer(name, request, response);
  }

  @Get('/read')
  read(@Req() request: unknown, @Res() response: unknown): void {
    answer('read', request, response);
  }

  @All('/all')
  all(@Req() request: unknown, @Res() response: unknown): void {
    answer('all', request, response);
  }

  @Post('/refused')
  refused(): never {
    throw new Error('no');
  }
}

/** Tells the route, and whether the request is still as Node made it. */
function answer(route: string, request: unknown, response: unknown): void {
  const untouched = Object.getPrototypeOf(request) === IncomingMessage.prototype;
  (response as ServerResponse).end(JSON.stringify({ route, untouched }));
}

/** Node's response, not Express's: the default filter needs the latter. */
@Catch()
class TeapotFilter implements ExceptionFilter {
  catch(_error: unknown, host: ArgumentsHost): void {
    host.switchToHttp().getResponse<ServerResponse>().writeHead(418).end();
  }
}

@Module({ controllers: [Routes] })
class RoutesModule {}

describe(ExactRoutesAdapter.name, () => {
  let nest: INestApplication;
  let server: Server;
  let origin: string;

  beforeEach(async () => {
    const sut = new ExactRoutesAdapter();
    nest = await NestFactory.create(RoutesModule, sut, { logger: false, bodyParser: false });
    nest.useGlobalFilters(new TeapotFilter());
    await nest.init();
    server = createServer(sut.handle).listen(0, '127.0.0.1');
    await once(server, 'listening');
    origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });

  afterEach(async () => {
    server.closeAllConnections();
    server.close();
    await nest.close();
  });

  it.each([
    ['POST', '/exact', 'exact', true],
    ['PUT', '/all', 'all', true],
    ['GET', '/read', 'read', false],
    ['POST', '/named/x', 'x', false],
  ])('serves %s %s', async (method, path, route, untouched) => {
    const response = await fetch(origin + path, { method });
    expect(response.status).toBe(method === 'POST' ? 201 : 200);
    expect(await response.json()).toEqual({ route, untouched });
  });

  it('leaves errors of a handler to the filters', async () => {
    expect((await fetch(`${origin}/refused`, { method: 'POST' })).status).toBe(418);
  });

  it('leaves what no route takes to the filters too', async () => {
    expect((await fetch(`${origin}/exact/more`, { method: 'POST' })).status).toBe(418);
    expect((await fetch(`${origin}/exact`)).status).toBe(418);
  });
});
