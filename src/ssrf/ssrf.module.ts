import { Module } from '@nestjs/common';
import { AllowAll, Allowlist } from './allowlist.js';
import { SsrfGuard } from './ssrf.guard.js';
import { TargetGuard } from './target.guard.js';

/** MAY THIS REQUEST GO THERE? Configuration refuses protection until a watcher fills the list. */
@Module({
  providers: [TargetGuard, SsrfGuard, { provide: Allowlist, useClass: AllowAll }],
  exports: [TargetGuard, SsrfGuard, Allowlist],
})
export class SsrfModule {}
