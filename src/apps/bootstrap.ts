import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Logger } from '../logging/logger.js';
import { NestLogger } from '../logging/nest-logger.js';
import { ProxyExceptionFilter } from '../proxy/proxy-exception.filter.js';
import { ExactRoutesAdapter } from './exact-routes.adapter.js';

/** A Nest application without a server of its own: listeners call its router. */
export interface Application {
  readonly handle: (request: IncomingMessage, response: ServerResponse) => void;
  readonly nest: NestExpressApplication;
}

/**
 * The only place that makes a Nest application.
 *
 * Off: body parsers (bodies are streams, or read by whoever needs them), X-Powered-By, ETags. Paths
 * are matched exactly, as they were sent. Errors become answers in one filter.
 */
export async function createApplication(module: unknown, logger: Logger): Promise<Application> {
  const adapter = new ExactRoutesAdapter();
  const nest = await NestFactory.create<NestExpressApplication>(module as never, adapter, {
    bodyParser: false,
    logger: new NestLogger(logger),
    abortOnError: false,
  });
  const express = adapter.getInstance<ExpressSettings>();
  express.disable('x-powered-by');
  express.set('etag', false);
  express.set('case sensitive routing', true);
  express.set('strict routing', true);
  nest.useGlobalFilters(new ProxyExceptionFilter(logger));
  await nest.init();
  return { nest, handle: adapter.handle };
}

interface ExpressSettings {
  disable(setting: string): void;
  set(setting: string, value: unknown): void;
}
