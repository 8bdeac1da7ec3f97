import type { Logger } from '../logging/logger.js';
import type { WatchedPool } from './inference-pool.js';
import type { PoolApi } from './pool-apis.js';

type Contact = 'unknown' | 'good' | 'lost' | 'denied' | 'unserved';

const TROUBLES = {
  lost: 'Kubernetes API out of contact: the last known pods stay',
  denied: 'Kubernetes API denies access: the last known pods stay',
  unserved: 'Kubernetes API does not serve it any more (404): the last known pods stay',
};

/** Tells in the log what becomes of a watch: changes of its state, not each event. */
export class WatchReport {
  private readonly pool: string;
  private contact: Contact = 'unknown';
  private lastError: string | undefined;
  private lastFlaw: string | undefined;

  constructor(
    private readonly logger: Logger,
    { namespace, name }: WatchedPool,
  ) {
    this.pool = `${namespace}/${name}`;
  }

  insecure(server: string): void {
    this.logger.warn('the API server is not verified: insecure-skip-tls-verify', { server });
  }

  /** @param pods how many there are */
  synced(pods: number, targetPorts: readonly number[], { group, version }: PoolApi): void {
    this.contact = 'good';
    this.lastError = undefined;
    const api = `${group}/${version}`;
    this.logger.info('InferencePool synced', { pool: this.pool, api, pods, targetPorts });
  }

  /** Another API than before has the pool. */
  moved({ group, version }: PoolApi): void {
    const api = `${group}/${version}`;
    this.logger.info('InferencePool is found in another API', { pool: this.pool, api });
  }

  gone(): void {
    this.logger.warn('InferencePool is gone: it selects nothing any more', { pool: this.pool });
  }

  /** @param flaw why the pool selects nothing, in words */
  flaw(flaw: string | undefined): void {
    if (flaw !== undefined && flaw !== this.lastFlaw) {
      this.logger.warn(`InferencePool selects nothing: ${flaw}`, { pool: this.pool });
    }
    this.lastFlaw = flaw;
  }

  /**
   * @param pods how many are known; undefined before the first sync
   * @param error undefined when all is well
   * @param status of the failed request
   */
  state(pods: number | undefined, error: string | undefined, status: number | undefined): void {
    const { pool } = this;
    if (pods === undefined) {
      if (error !== undefined && error !== this.lastError)
        this.logger.warn('InferencePool is not synced', { pool, error });
      this.lastError = error;
      return;
    }
    const contact = error === undefined ? 'good' : troubleOf(status);
    if (contact === this.contact) return;
    this.contact = contact;
    if (contact === 'good') this.logger.info('Kubernetes API in contact again', { pool, pods });
    else this.logger.warn(TROUBLES[contact], { pool, pods, error });
  }

  listenerFailed(error: unknown): void {
    this.logger.error('a listener of the InferencePool failed', { pool: this.pool, error });
  }
}

function troubleOf(status: number | undefined): keyof typeof TROUBLES {
  if (status === 401 || status === 403) return 'denied';
  return status === 404 ? 'unserved' : 'lost';
}
