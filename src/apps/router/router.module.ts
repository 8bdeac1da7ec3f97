import { Module, type DynamicModule } from '@nestjs/common';
import { memoryLimit } from '../../config/memory-limit.js';
import { Fleet } from '../../fleet/fleet.js';
import { DrainState } from '../../health/drain-state.js';
import { BlockIndex } from '../../kv-events/block-index.js';
import type { Logger } from '../../logging/logger.js';
import { LoggingModule } from '../../logging/logging.module.js';
import { RouterMetrics } from '../../metrics/router.metrics.js';
import { BufferBudget } from '../../proxy/buffer-budget.js';
import { ForwardService } from '../../proxy/forward.service.js';
import { UpstreamService } from '../../proxy/upstream.service.js';
import { Admission } from './front/admission.service.js';
import { KeyLimits } from './front/key-limits.service.js';
import { Dispatcher } from './routing/dispatcher.service.js';
import { FleetController } from './api/fleet.controller.js';
import { InferenceController } from './routing/inference.controller.js';
import { ModelsController } from './api/models.controller.js';
import { LegacyController } from './api/legacy.controller.js';
import { Models } from './routing/models.service.js';
import { PAIR_PROVIDERS } from './pairs/pair-providers.js';
import { Picker } from './routing/picker.service.js';
import { Pools } from './routing/pools.service.js';
import { RequestReader } from './routing/request-reader.js';
import { RetryPause } from './routing/retry-pause.service.js';
import { RetryPolicy } from './routing/retry-policy.js';
import { RouterHealthController } from './api/health.controller.js';
import { RouterOptions } from './router.options.js';
import { Tokenizer } from './kv/tokenizer.service.js';
import { WorkerAsker } from './api/worker-asker.js';
import { WorkerHeads } from './routing/worker-heads.js';
import { WorkersController } from './api/workers.controller.js';

/** What is made before Nest starts, because starting and stopping need it too. */
export interface RouterParts {
  readonly options: RouterOptions;
  readonly fleet: Fleet;
  readonly metrics: RouterMetrics;
  readonly drain: DrainState;
  readonly logger: Logger;
}

const IDLE_CONNECTIONS = 1024;

/** The router: a policy picks, the dispatcher tries, the forward service streams. */
@Module({})
export class RouterModule {
  static of({ options, fleet, metrics, drain, logger }: RouterParts): DynamicModule {
    return {
      module: RouterModule,
      imports: [LoggingModule.of(logger)],
      controllers: [
        RouterHealthController,
        WorkersController,
        LegacyController,
        FleetController,
        ModelsController,
        InferenceController,
      ],
      providers: [
        { provide: RouterOptions, useValue: options },
        { provide: Fleet, useValue: fleet },
        { provide: RouterMetrics, useValue: metrics },
        { provide: BlockIndex, useValue: new BlockIndex(options.config.kvEventBlockSize) },
        { provide: DrainState, useValue: drain },
        { provide: RetryPolicy, useValue: new RetryPolicy(options) },
        { provide: UpstreamService, useValue: new UpstreamService(IDLE_CONNECTIONS) },
        {
          provide: BufferBudget,
          useValue: new BufferBudget(
            options.config.maxBufferedBytes ?? Math.floor(memoryLimit() / 2),
          ),
        },
        ForwardService,
        Admission,
        KeyLimits,
        Pools,
        Models,
        Picker,
        Dispatcher,
        RetryPause,
        RequestReader,
        Tokenizer,
        WorkerAsker,
        WorkerHeads,
        ...PAIR_PROVIDERS,
      ],
    };
  }
}
