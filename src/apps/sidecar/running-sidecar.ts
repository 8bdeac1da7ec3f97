import { started } from '../../config/stop-while-starting.js';
import type { InferencePoolWatcher } from '../../kubernetes/inference-pool.watcher.js';
import type { Listener } from '../../listener/listener.js';
import type { ServerCertificates } from '../../tls/certificates.js';
import type { Application } from '../bootstrap.js';
import type { RequestFront } from './request-front.js';
import type { SidecarParts } from './sidecar.module.js';

/** All that must be stopped. */
export interface SidecarHandles extends SidecarParts {
  readonly app: Application;
  readonly front: Pick<RequestFront, 'cutOff'>;
  /** Where clients connect, or the workers that serve them. */
  readonly data: Pick<Listener, 'drain' | 'closeNow'>;
  readonly ops: Listener | undefined;
  readonly certificates: ServerCertificates | undefined;
  readonly pool: InferencePoolWatcher | undefined;
}

/** A sidecar that serves, until it is drained or closed. */
export class RunningSidecar {
  /** The port that clients connect to; differs from the configured one when that is 0. */
  port = 0;
  private stopping = false;
  private syncTimer: NodeJS.Timeout | undefined;

  constructor(private readonly handles: SidecarHandles) {}

  /** SIGTERM and SIGINT drain and exit with 0; a second one exits with 1 at once. */
  stopOnSignals(): void {
    const stop = (signal: string): void => {
      const { logger } = this.handles;
      if (this.stopping) {
        logger.warn('second signal: leaving at once', { signal });
        void logger.flush().finally(() => process.exit(1));
        return;
      }
      this.stopping = true;
      logger.info('draining', { signal, timeoutMs: this.handles.config.shutdownTimeout });
      void this.drain().then(() => process.exit(0));
    };
    started();
    process.on('SIGTERM', stop);
    process.on('SIGINT', stop);
  }

  /**
   * Exits with 1 when protection is on and the pool was not read within `--ssrf-sync-timeout`: until then every
   * target is refused, and a restart shows the operator what is wrong.
   */
  exitUnlessSynced(): void {
    const { pool, config, logger } = this.handles;
    const { enabled, syncTimeout } = config.ssrf;
    if (!enabled || syncTimeout === 0 || !pool || pool.isRead) return;
    this.syncTimer = setTimeout(() => {
      if (pool.isRead || this.stopping) return;
      logger.error('ssrf: the InferencePool could not be read in time: exiting', {
        timeoutMs: syncTimeout,
        reason: pool.lastError ?? 'the Kubernetes API has not answered',
        pool: `${config.inferencePool!.namespace}/${config.inferencePool!.name}`,
      });
      void this.close().finally(() => process.exit(1));
    }, syncTimeout);
  }

  /**
   * Not ready at once, no new connections, requests in flight finish, up to `--shutdown-timeout`.
   *
   * @returns when everything is stopped; never rejects
   */
  async drain(): Promise<void> {
    const { health, data, front, config, logger } = this.handles;
    health.drain.begin();
    try {
      await data.drain(config.shutdownTimeout, () => {
        logger.warn('--shutdown-timeout is over: what is still open is cut');
        front.cutOff();
      });
      await this.close();
    } catch (error) {
      logger.error('stopping failed', { error });
    }
    logger.info('stopped');
    await logger.flush();
  }

  /** Stops without waiting for anybody. */
  async close(): Promise<void> {
    const { app, data, ops, certificates, pool, tracing, logger } = this.handles;
    clearTimeout(this.syncTimer);
    pool?.stop();
    data.closeNow();
    ops?.closeNow();
    certificates?.close();
    await app.nest.close();
    await tracing.shutdown();
    await logger.flush();
  }
}
