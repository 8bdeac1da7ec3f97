import { urlHost } from '../endpoint/ip.js';
import type { EndpointRole, EndpointSpec } from '../fleet/endpoint.js';
import type { SelectedPod } from '../kubernetes/selected-pods.js';
import type { FoundEndpoint } from './endpoint-source.js';
import { foundSpec } from './found-spec.js';

/** What is read of a pod as a worker, and what is wrong with it. */
export interface PodReading {
  /** Undefined: no worker can be there. */
  readonly endpoint: FoundEndpoint | undefined;
  /** In words, for the log. */
  readonly flaws: readonly string[];
}

const BOOTSTRAP = ['vllm.ai/bootstrap-port', 'sglang.ai/bootstrap-port'];
const OURS = 'vllm.ai/';

/** @param port at which the worker serves */
export function readPod(pod: SelectedPod, role: EndpointRole, port: number): PodReading {
  const flaws: string[] = [];
  const number = (name: string, isRight: (value: number) => boolean): number | undefined => {
    const text = pod.annotations[name];
    if (text === undefined) return undefined;
    const value = text.trim() === '' ? NaN : Number(text);
    if (isRight(value)) return value;
    flaws.push(`annotation ${name}: ${JSON.stringify(text.slice(0, 40))} is ignored`);
    return undefined;
  };
  const bootstrap = BOOTSTRAP.map((name) => number(name, isPort)).find((one) => one !== undefined);
  const priority = number(`${OURS}priority`, Number.isSafeInteger);
  const cost = number(`${OURS}cost`, (value) => value >= 0 && value < Infinity);
  const more: Partial<EndpointSpec> = {
    role,
    modelId: pod.annotations[`${OURS}model-id`] || undefined,
    labels: labelsOf(pod),
    ...(role === 'prefill' && { bootstrapPort: bootstrap }),
    ...(priority !== undefined && { priority }),
    ...(cost !== undefined && { cost }),
  };
  const spec = foundSpec('kubernetes', `http://${urlHost(pod.ip)}:${port}`, more);
  if (typeof spec === 'string') return { endpoint: undefined, flaws: [...flaws, spec] };
  return { endpoint: { spec, identity: pod.incarnation, usable: pod.ready }, flaws };
}

/** Where it runs, and those of its labels that are meant for a router. */
function labelsOf({ namespace, name, labels }: SelectedPod): Record<string, string> {
  const ours = Object.entries(labels)
    .filter(([key]) => key.startsWith(OURS))
    .map(([key, value]): [string, string] => [key.slice(OURS.length), value]);
  return { ...Object.fromEntries(ours), namespace, pod: name };
}

function isPort(value: number): boolean {
  return Number.isInteger(value) && value >= 1 && value <= 65_535;
}
