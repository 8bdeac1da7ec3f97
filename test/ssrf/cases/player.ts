import { worldOf, type CaseWorld } from './case-world.js';
import type { SsrfCase } from './case.js';
import { askOnce, messageOf } from './ask.js';
import { askByHttp2 } from './ask-http2.js';
import { judge } from './judge.js';
import { SETUPS } from './setups.js';
import { substitute } from '../rig/places.js';
import type { Rig } from '../rig/rig.js';
import { World } from '../rig/world.js';

/** What became of a case. */
export interface CaseResult {
  readonly id: string;
  readonly rule: string;
  readonly status: number;
  /** What is wrong; none: the case is right. */
  readonly wrong: readonly string[];
  /** Connections to hosts that are not allowed. */
  readonly strayed: number;
}

/** Plays cases one after the other; worlds that no case changes are kept. */
export class Player {
  private readonly worlds = new Map<string, World>();
  private count = 0;

  /** @param http2 asks by HTTP/2 over TLS */
  constructor(
    private readonly rig: Rig,
    private readonly http2 = false,
  ) {}

  async play(one: SsrfCase): Promise<CaseResult> {
    const { key, options, places } = worldOf(one, this.rig);
    const setup = one.setup === undefined ? undefined : SETUPS[one.setup];
    if (one.setup !== undefined && !setup) throw new Error(`no set-up "${one.setup}"`);
    try {
      const world = setup
        ? await World.start(this.rig, { ...options, ...setup.world?.(this.rig) })
        : await this.shared(key, options);
      try {
        await setup?.act?.(world);
        return await this.request(one, world, places);
      } finally {
        if (setup) await world.stop();
      }
    } catch (error) {
      const wrong = [`could not be played: ${String(error)}`];
      return { id: one.id, rule: one.rule, status: 0, wrong, strayed: 0 };
    } finally {
      this.rig.reset();
    }
  }

  async stop(): Promise<void> {
    for (const world of this.worlds.values()) await world.stop();
  }

  private async shared(key: string, options: CaseWorld['options']): Promise<World> {
    let world = this.worlds.get(key);
    if (world && !world.alive) await world.stop();
    if (!world?.alive) {
      world = await World.start(this.rig, { ...options, tls: this.http2 });
      this.worlds.set(key, world);
    }
    return world;
  }

  private async request(
    one: SsrfCase,
    world: World,
    places: CaseWorld['places'],
  ): Promise<CaseResult> {
    const { ledger } = this.rig;
    const id = `case-${++this.count}`;
    const text = (value: string): string => substitute(value, places);
    const asked: SsrfCase = {
      ...one,
      lines: one.lines.map(text),
      ...(one.path !== undefined && { path: text(one.path) }),
      ...(one.body !== undefined && { body: text(one.body) }),
    };
    ledger.clear();
    world.dns.take();
    const canaryBefore = ledger.canary.length;
    const { answer, surplus } = this.http2
      ? await askByHttp2(world.port, id, asked)
      : await askOnce(world.port, messageOf(id, asked.lines, asked));
    const connections = [...ledger.connections];
    const health = await world.status('/health');
    const legs = ledger.take(id);
    const dnsQueries = world.dns.take().map(({ how, name }) => `${how} ${name}`);
    const { prefillAt } = one.expect;
    const expect = {
      ...one.expect,
      ...(prefillAt !== undefined && { prefillAt: text(prefillAt) }),
    };
    const canary = ledger.canary.slice(canaryBefore);
    const wrong = judge(id, expect, {
      answer,
      surplus,
      ...legs,
      connections,
      canary,
      health,
      alive: world.alive,
      dnsQueries,
      denials: await denialsOf(id, world, answer.status === 403),
    });
    const strayed = canary.filter((at) => at !== expect.prefillAt).length;
    return { id: one.id, rule: one.rule, status: answer.status, wrong, strayed };
  }
}

async function denialsOf(
  id: string,
  world: World,
  expected: boolean,
): Promise<Record<string, unknown>[]> {
  for (let i = 0; i < 100; i++) {
    const found = world.sidecar.stderr
      .split('\n')
      .filter((line) => line.includes(`"${id}"`) && line.includes('ssrf: prefill target refused'))
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    if (found.length > 0 || !expected) return found;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  return [];
}
