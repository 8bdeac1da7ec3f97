import { beforeEach, describe, expect, it } from '@jest/globals';
import { specAt } from '../../../../test/support/endpoint-spec.js';
import { RecordingLogger } from '../../../../test/support/sidecar-fixture.js';
import { HeaderMap } from '../../../ext-proc/header-map.js';
import type { ProxiedRequest, Route } from '../../../ext-proc/decider.js';
import { Fleet } from '../../../fleet/fleet.js';
import { ADMITTED, type Admission, type FlowRequest } from '../../../flow-control/admission.js';
import { PickerMetrics } from '../../../metrics/picker.metrics.js';
import { WrittenReport } from '../../../metrics/written-report.js';
import type { LifecycleListener } from '../../../scheduling/plugin.js';
import type { SchedulingResult } from '../../../scheduling/scheduling-result.js';
import { PickerEndpoints } from '../endpoints.js';
import type { PickerParts } from '../picker-parts.js';
import { Decisions } from './decisions.service.js';

let log: RecordingLogger;
let endpoints: PickerEndpoints;
let underWay: Set<FlowRequest>;
let plugin: LifecycleListener;
let schedule: () => SchedulingResult;
let metrics: PickerMetrics;

beforeEach(() => {
  log = new RecordingLogger();
  metrics = new PickerMetrics('test');
  const fleet = new Fleet({ breaker: undefined, tls: () => ({}) });
  fleet.add(specAt('http://10.0.0.1:80'));
  endpoints = new PickerEndpoints(fleet);
  underWay = new Set();
  plugin = {};
  const [one] = endpoints.all;
  schedule = () => ({
    endpoints: [one!],
    destinations: undefined,
    profiles: new Map([['default', [one!]]]),
    headers: [],
    records: undefined,
  });
});

/** Decides with one plugin, and counts what is admitted. */
function decisions(): Decisions {
  const admission: Partial<Admission> = {
    admit: (request) => {
      underWay.add(request);
      return ADMITTED;
    },
    decided: () => undefined,
    ended: (request) => void underWay.delete(request),
  };
  return new Decisions({
    config: { sessionKey: 'user', explain: false, emitEndpointScores: false },
    setup: { listeners: [{ name: 'p', plugin }], plugins: new Map(), handler: { type: 'x' } },
    metrics,
    endpoints,
    admission,
    scheduler: { prepare: () => undefined, schedule: () => schedule() },
    discovery: {
      objectives: { priorityOf: () => 0 },
      rewrites: { targetFor: () => undefined },
    },
    tracing: { startRequest: () => undefined },
    logger: log,
  } as unknown as PickerParts);
}

const REQUEST: ProxiedRequest = {
  headers: HeaderMap.read(undefined),
  body: undefined,
  hasBody: false,
  mayBeCut: false,
  subset: undefined,
  routeName: undefined,
  arrivedAt: 0,
  isGone: false,
  whenGone: () => undefined,
};
const thrower = (): never => {
  throw new Error('a plugin of the worst kind');
};
const running = async (): Promise<string> => {
  const text = await new WrittenReport(metrics.registry).text();
  return /^llm_d_epp_request_running\{.*\} (\d+)$/m.exec(text)?.[1] ?? 'absent';
};

describe(Decisions.name, () => {
  it('answers 500 where scheduling throws, and counts nothing any more', async () => {
    schedule = thrower;
    expect(decisions().decide(REQUEST)).toMatchObject({ kind: 'refusal', status: 500 });
    expect([underWay.size, endpoints.all[0]!.inFlight]).toEqual([0, 0]);
    expect(log.lines.map(({ level }) => level)).toEqual(['error']);
    expect(['0', 'absent']).toContain(await running());
  });

  it('routes all the same where a plugin throws in what it is told, and counts to the end', async () => {
    plugin = { decided: thrower, answerHeaders: thrower, ended: thrower };
    const verdict = decisions().decide(REQUEST) as Route;
    expect([verdict.kind, endpoints.all[0]!.inFlight, underWay.size]).toEqual(['route', 1, 1]);
    expect(verdict.exchange.answered(REQUEST.headers, undefined).headers).toBeUndefined();
    verdict.exchange.ended('completed');
    expect([endpoints.all[0]!.inFlight, underWay.size]).toEqual([0, 0]);
    expect(await running()).toBe('0');
    expect(log.lines.map(({ fields }) => fields['when'])).toEqual([
      'decided',
      'answerHeaders',
      'ended',
    ]);
  });

  it('ends what it counted where the answer to the proxy cannot be made', () => {
    const [one] = endpoints.all;
    schedule = () => ({ endpoints: [one!], profiles: new Map() }) as unknown as SchedulingResult;
    expect(decisions().decide(REQUEST)).toMatchObject({ kind: 'refusal', status: 500 });
    expect([underWay.size, one!.inFlight]).toEqual([0, 0]);
  });
});
