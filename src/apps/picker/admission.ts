import type { ImmediateAnswer } from '../../ext-proc/processing-response.js';
import type { Admission, FlowRequest } from '../../flow-control/admission.js';
import { createAdmission } from '../../flow-control/create-admission.js';
import type { FlowObserver } from '../../flow-control/flow-observer.js';
import { EVICTED } from '../../flow-control/refusals.js';
import type { FlowControlMetrics } from '../../metrics/flow-control.metrics.js';
import type { PickerSetup } from '../../scheduling/picker-setup.js';
import type { PickedRequest } from './deciding/picked-request.js';
import { refusal } from './deciding/refusals.js';
import type { PickerEndpoints } from './endpoints.js';

/** Says which requests may be scheduled, as the configuration has it. @throws ConfigError for references that are none */
export function pickerAdmission(
  { flowControl, plugins, saturationDetector }: PickerSetup,
  endpoints: PickerEndpoints,
  metrics: FlowControlMetrics,
): Admission {
  const admission = createAdmission(
    {
      queues: flowControl.isEnabled,
      section: flowControl.section,
      plugin: (name) => plugins.get(name)?.plugin,
      detector: saturationDetector!.plugin,
    },
    {
      endpoints: () => endpoints.all,
      now: () => performance.now(),
      observer: observerOf(metrics),
      evict: (request) => evict(request as PickedRequest),
    },
  );
  const changed = (): void => admission.endpointsChanged();
  endpoints.listen({ added: changed, left: changed });
  if (flowControl.isEnabled) metrics.observed = () => admission.state;
  return admission;
}

const EVICTION: ImmediateAnswer = refusal(EVICTED.status, EVICTED.message, EVICTED.reason);

function evict(request: PickedRequest): void {
  request.cut?.(EVICTION);
}

function observerOf(metrics: FlowControlMetrics): FlowObserver {
  return {
    settled: ({ priority }: FlowRequest, outcome, waited) =>
      metrics.left(outcome, priority, waited / 1000),
    cycled: (milliseconds) => metrics.cycle(milliseconds / 1000),
    enqueued: (_request, milliseconds) => metrics.enqueued(milliseconds / 1000),
  };
}
