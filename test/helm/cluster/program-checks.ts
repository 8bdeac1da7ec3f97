import { setTimeout as sleep } from 'node:timers/promises';
import { FOREIGN_IP, type Engines } from '../../kubernetes/rig/engines.js';
import { ExtProcClient } from '../../support/ext-proc-client.js';
import { playRequest } from '../../support/ext-proc-exchange.js';
import type { SidecarProcess } from '../../support/sidecar-process.js';
import type { ProgramName } from './rendered-program.js';

export type Settings = Readonly<Record<string, unknown>>;

/** The model servers that a program is to find. */
export interface Found {
  readonly engines: Engines;
  readonly ips: readonly string[];
}

/** How a program is moved to this machine, and what it must do there. */
export interface ProgramChecks {
  /** Flags that take the place of the rendered ones. */
  readonly flags: (ports: Ports, engines: Engines) => Readonly<Record<string, string>>;
  readonly isReady: (process: SidecarProcess) => Promise<boolean>;
  /** @throws Error when it does not do its work with all rights, once it is ready */
  readonly works: (process: SidecarProcess, found: Found, settings: Settings) => Promise<void>;
}

interface Ports {
  readonly data: number;
  readonly metrics: number;
}

export const PROGRAM_CHECKS: Readonly<Record<ProgramName, ProgramChecks>> = {
  sidecar: {
    flags: ({ data, metrics }, engines) => ({
      'bind-address': '127.0.0.1',
      port: String(data),
      'metrics-port': String(metrics),
      'model-server-port': String(engines.port),
    }),
    isReady: ({ opsUrl }) => isOk(`${opsUrl}/health/ready`),
    works: async ({ url }, { engines, ips }, settings) => {
      if (String(settings['enable-ssrf-protection']) !== 'true') return;
      for (const ip of ips) await answers(url, `${ip}:${engines.port}`, 200);
      await answers(url, `${FOREIGN_IP}:${engines.port}`, 403);
    },
  },
  router: {
    flags: ({ data, metrics }, engines) => ({
      host: '127.0.0.1',
      port: String(data),
      'prometheus-host': '127.0.0.1',
      'prometheus-port': String(metrics),
      'service-discovery-port': String(engines.port),
    }),
    isReady: ({ url }) => isOk(`${url}/readiness`),
    works: async ({ url }, { engines, ips }) => {
      const wanted = ips.map((ip) => `http://${ip}:${engines.port}`).sort();
      await eventually(async () => {
        const { workers } = (await (await fetch(`${url}/workers`)).json()) as {
          workers: { url: string }[];
        };
        const has = workers.map((worker) => worker.url).sort();
        return (
          has.join() === wanted.join() || `its workers are ${has.join()}, not ${wanted.join()}`
        );
      });
    },
  },
  picker: {
    flags: ({ data, metrics }) => ({
      'bind-address': '127.0.0.1',
      'grpc-port': String(data),
      'grpc-health-port': '0',
      'metrics-port': String(metrics),
      'secure-serving': 'false',
    }),
    isReady: ({ opsUrl }) => isOk(`${opsUrl}/health/ready`),
    works: async ({ port }, { ips }, settings) => {
      const client = await ExtProcClient.connect(port);
      try {
        await eventually(() => decides(client, ips, 'pool-name' in settings));
      } finally {
        await client.close();
      }
    },
  },
};

/** The rewrite that is put beside a pool. */
export const REWRITTEN = { from: 'm', to: 't' } as const;

async function decides(
  client: ExtProcClient,
  ips: readonly string[],
  isRewritten: boolean,
): Promise<true | string> {
  const stream = client.stream();
  const body = { model: REWRITTEN.from, prompt: 'Hello' };
  const decision = await playRequest(stream, { path: '/v1/completions', body });
  stream.halfClose();
  const { endpoint, immediate } = decision;
  if (!ips.some((ip) => endpoint?.startsWith(`${ip}:`))) {
    return `it decides ${endpoint ?? immediate?.body.toString()}`;
  }
  const model = isRewritten ? REWRITTEN.to : REWRITTEN.from;
  const text = decision.body.toString();
  return text.includes(`"model":"${model}"`) || `it sends ${text}, not model ${model}`;
}

async function isOk(url: string): Promise<boolean> {
  const answer = await fetch(url).catch(() => undefined);
  await answer?.arrayBuffer().catch(() => undefined);
  return answer?.status === 200;
}

/** Asks for a prefill at a host. */
async function answers(url: string, host: string, status: number): Promise<void> {
  const answer = await fetch(`${url}/v1/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-prefiller-host-port': host },
    body: '{"model":"m","prompt":"x","max_tokens":1}',
  });
  const text = await answer.text();
  if (answer.status !== status) throw new Error(`${host}: ${answer.status} ${text}, not ${status}`);
}

/** @param holds true, or what is wrong */
async function eventually(holds: () => Promise<true | string>): Promise<void> {
  for (const deadline = performance.now() + 20_000; ; await sleep(50)) {
    const told = await holds();
    if (told === true) return;
    if (performance.now() > deadline) throw new Error(told);
  }
}
