import type { ServerResponse } from 'node:http';
import { Catch, HttpException, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import { sendJson } from './http/exchange.js';

/** Words what Nest refuses as FastAPI does. */
@Catch(HttpException)
export class NotFoundFilter implements ExceptionFilter<HttpException> {
  catch(error: HttpException, host: ArgumentsHost): void {
    const response = host.switchToHttp().getResponse<ServerResponse>();
    const detail = error.getStatus() === 404 ? 'Not Found' : error.message;
    sendJson(response, error.getStatus(), { detail });
  }
}
