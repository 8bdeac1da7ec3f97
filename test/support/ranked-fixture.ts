import type { SidecarConfig } from '../../src/config/sidecar.config.js';
import { FakeEngine, json } from './fake-engine.js';
import { freePorts } from './free-port.js';
import { startFixture, type SidecarFixture } from './sidecar-fixture.js';

/** A sidecar in this process that has a port and a decoder for each of several data-parallel ranks. */
export interface RankedFixture extends SidecarFixture {
  /** By rank. */
  readonly decoders: readonly FakeEngine[];
  /** By rank: where clients connect. */
  readonly ports: readonly number[];
  /** Requests that each decoder has received. */
  readonly received: readonly number[];
  /** Forgets them, and the log. */
  forget(): void;
}

/** Decoders of data-parallel ranks, at ports in a row. Each answers `{"rank":…}`. */
export async function startDecoders(count: number): Promise<FakeEngine[]> {
  const first = await freePorts(count);
  return Promise.all(
    Array.from({ length: count }, (_, rank) => FakeEngine.start(json({ rank }), first + rank)),
  );
}

/** @param config as for `startFixture` */
export async function startRanks(
  count: number,
  config: Partial<SidecarConfig> = {},
): Promise<RankedFixture> {
  const decoders = await startDecoders(count);
  const port = await freePorts(count);
  const fixture = await startFixture({
    port,
    dataParallelSize: count,
    modelServerPort: decoders[0]!.port,
    ...config,
  });
  return {
    ...fixture,
    decoders,
    ports: decoders.map((_, rank) => port + rank),
    get received() {
      return decoders.map(({ requests }) => requests.length);
    },
    forget: () => {
      for (const { requests } of [...decoders, fixture.prefiller]) requests.length = 0;
      fixture.log.lines.length = 0;
    },
    stop: async () => {
      await fixture.stop();
      for (const decoder of decoders) await decoder.stop();
    },
  };
}
