import { MetricsServer } from './metrics-server.js';
import type { ListedEndpoint } from './picker-fixture.js';

/** What a model server tells of itself. */
export interface ToldLoad {
  readonly waiting?: number;
  readonly running?: number;
  readonly kvUsage?: number;
  /** `vllm:lora_requests_info`. */
  readonly lora?: { readonly max: number; readonly running: string; readonly waiting: string };
}

/** A model server that tells a load in vLLM's names, as an entry of a discovery file. */
export class VllmServer implements ListedEndpoint {
  private constructor(
    readonly name: string,
    readonly labels: Readonly<Record<string, string>>,
    readonly server: MetricsServer,
  ) {}

  static async start(
    name: string,
    load: ToldLoad = {},
    labels: Readonly<Record<string, string>> = {},
  ): Promise<VllmServer> {
    return new VllmServer(name, labels, await MetricsServer.start(pageOf(load)));
  }

  get endpoint(): string {
    return `127.0.0.1:${this.server.port}`;
  }

  /** Another load from now on. */
  tell(load: ToldLoad): void {
    this.server.tell(pageOf(load));
  }

  async stop(): Promise<void> {
    await this.server.stop();
  }
}

function pageOf({ waiting = 0, running = 0, kvUsage = 0, lora }: ToldLoad): string {
  const lines = [
    '# TYPE vllm:num_requests_waiting gauge',
    `vllm:num_requests_waiting{engine="0",model_name="m"} ${waiting}`,
    '# TYPE vllm:num_requests_running gauge',
    `vllm:num_requests_running{engine="0",model_name="m"} ${running}`,
    '# TYPE vllm:kv_cache_usage_perc gauge',
    `vllm:kv_cache_usage_perc{engine="0",model_name="m"} ${kvUsage}`,
    'vllm:cache_config_info{block_size="16",engine="0",num_gpu_blocks="2000"} 1.0',
  ];
  if (lora) {
    const { max, running: active, waiting: queued } = lora;
    const labels = `max_lora="${max}",running_lora_adapters="${active}",waiting_lora_adapters="${queued}"`;
    lines.push(`vllm:lora_requests_info{${labels}} ${Date.now() / 1000}`);
  }
  return `${lines.join('\n')}\n`;
}
