import { Inject, Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import type { ConfigType } from '@nestjs/config';
import type { IncomingMessage } from 'node:http';
import { sidecarConfig } from '../config/sidecar.config.js';
import { parseTargets, type Target } from '../endpoint/target.js';
import { ProxyError } from '../errors/proxy.error.js';
import { encodes } from '../encoder/encoder.settings.js';
import { exchangeIn, type Exchange } from '../proxy/exchange.js';
import { headerLines } from '../proxy/header-lines.js';
import { RankTargets } from './rank-targets.js';

/** In order: the first of these headers that is not blank counts. */
const HEADERS = ['x-prefiller-host-port', 'x-prefiller-url'] as const;
const ENCODERS = 'x-encoder-hosts-ports';
const KV_SOURCE = 'x-kv-cache-source-host-port';
const RANK = 'x-data-parallel-host-port';

/** Reads which hosts a request names, by one strict grammar (`endpoint/target.ts`). */
@Injectable()
export class TargetGuard implements CanActivate {
  private readonly sampling: boolean;
  private readonly encodes: boolean;
  /** Undefined where there is but one. */
  private readonly ranks: RankTargets | undefined;

  constructor(@Inject(sidecarConfig.KEY) config: ConfigType<typeof sidecarConfig>) {
    this.sampling = config.enablePrefillerSampling;
    this.encodes = encodes(config);
    if (config.dataParallelSize > 1) this.ranks = new RankTargets(config);
  }

  /** @throws ProxyError bad_routing_header when a candidate does not parse, unknown_rank */
  canActivate(context: ExecutionContext): boolean {
    const exchange = exchangeIn(context);
    const { request } = exchange;
    for (const header of HEADERS) {
      const candidates = readCandidates(request, header);
      if (candidates.length === 0) continue;
      exchange.route = {
        candidates: this.sampling ? withRandomFirst(candidates) : candidates,
      };
      break;
    }
    [exchange.kvSource] = readCandidates(request, KV_SOURCE);
    // They must be well-formed also where nobody dials them, and no engine is told of them.
    const encoders = readCandidates(request, ENCODERS);
    if (this.encodes && encoders.length > 0) exchange.encoders = encoders;
    // For those who reach rank 0's port alone.
    if (this.ranks && exchange.rank === 0) chooseRank(exchange, this.ranks);
    return true;
  }
}

function chooseRank(exchange: Exchange, ranks: RankTargets): void {
  const [target, second] = readCandidates(exchange.request, RANK);
  if (!target) return;
  if (second) throw new ProxyError('bad_routing_header', `${RANK} names several targets`);
  const rank = ranks.rankOf(target);
  if (rank === undefined) {
    throw new ProxyError('unknown_rank', `${RANK} is ${target.label}`);
  }
  exchange.rank = rank;
}

function readCandidates(request: IncomingMessage, header: string): Target[] {
  // Every line, not the joined value: only header lines as sent say what was sent.
  if (request.headers[header] === undefined) return [];
  const lines = headerLines(request, header);
  const candidates = parseTargets(lines);
  if (!candidates) {
    throw new ProxyError(
      'bad_routing_header',
      `${header} is ${JSON.stringify(lines).slice(0, 512)}`,
    );
  }
  // A round asks each one once.
  return candidates.filter(
    ({ label }, at) => candidates.findIndex((other) => other.label === label) === at,
  );
}

function withRandomFirst(candidates: readonly Target[]): Target[] {
  const first = Math.floor(Math.random() * candidates.length);
  return [candidates[first]!, ...candidates.filter((_, index) => index !== first)];
}
