import { Module, type DynamicModule } from '@nestjs/common';
import { NoSharing, PrefillerSharing } from './prefiller-sharing.js';

/** WHO ELSE KNOWS OF PREFILLERS? Provides {@link PrefillerSharing} to every module. */
@Module({})
export class PrefillerSharingModule {
  /** @param sharing with other processes of this program; undefined where there are none */
  static of(sharing: PrefillerSharing | undefined): DynamicModule {
    return {
      module: PrefillerSharingModule,
      global: true,
      providers: [{ provide: PrefillerSharing, useValue: sharing ?? new NoSharing() }],
      exports: [PrefillerSharing],
    };
  }
}
