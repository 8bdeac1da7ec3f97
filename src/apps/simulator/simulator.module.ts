import { Module, type DynamicModule } from '@nestjs/common';
import { APP_FILTER } from '@nestjs/core';
import { Logger } from '../../logging/logger.js';
import { ChatController } from './api/chat.controller.js';
import { CompletionsController } from './api/completions.controller.js';
import { GenerateController } from './api/generate.controller.js';
import { MessagesController } from './api/messages.controller.js';
import { OperationsController } from './api/operations.controller.js';
import { ResponsesController } from './api/responses.controller.js';
import { Runner } from './api/runner.js';
import { TokenizerController } from './api/tokenizer.controller.js';
import { Embeddings } from './ec/embeddings.service.js';
import { Engine } from './engine/engine.service.js';
import { Api } from './http/api.service.js';
import { NotFoundFilter } from './not-found.filter.js';
import { SimulatorOptions } from './simulator.options.js';

/** A vLLM look-alike: APIs in front, an engine behind them. */
@Module({
  controllers: [
    ChatController,
    CompletionsController,
    ResponsesController,
    MessagesController,
    GenerateController,
    TokenizerController,
    // Last: it also answers other methods of the paths above.
    OperationsController,
  ],
  providers: [Api, Embeddings, Engine, Runner, { provide: APP_FILTER, useClass: NotFoundFilter }],
})
export class SimulatorModule {
  static of(options: SimulatorOptions, logger: Logger): DynamicModule {
    return {
      module: SimulatorModule,
      providers: [
        { provide: SimulatorOptions, useValue: options },
        { provide: Logger, useValue: logger },
      ],
    };
  }
}
