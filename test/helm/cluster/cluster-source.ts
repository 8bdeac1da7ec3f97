import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { findBinaries, type Binaries } from '../../kubernetes/api/find-binaries.js';
import { downloadDefinitions } from './download-definitions.js';
import { HelmCluster } from './helm-cluster.js';

type Environment = Readonly<Record<string, string | undefined>>;

/** Starts a cluster when the first scenario asks for it; knows what was left out where there is none. */
export class ClusterSource {
  /** Scenarios that were left out. */
  readonly left: string[] = [];
  private readonly binaries: Binaries | undefined;
  private started: HelmCluster | undefined;

  /**
   * @param folder for all that it writes
   * @throws Error where REQUIRE_K8S is set and there is no kube-apiserver
   */
  constructor(
    private readonly env: Environment,
    private readonly folder: string,
    private readonly say: (line: string) => void,
  ) {
    this.binaries = findBinaries(env);
    if (!this.binaries && (env['REQUIRE_K8S'] ?? '0') !== '0') {
      throw new Error(`REQUIRE_K8S is set, and there is ${NONE}`);
    }
  }

  get isAbsent(): boolean {
    return this.binaries === undefined;
  }

  /** @throws Error where there is none: {@link isAbsent} */
  async cluster(): Promise<HelmCluster> {
    if (this.started) return this.started;
    if (!this.binaries) throw new Error(`there is ${NONE}`);
    for (const line of downloadDefinitions(this.env)) this.say(line);
    const folder = join(this.folder, 'cluster');
    mkdirSync(folder);
    this.started = await HelmCluster.start(this.binaries, folder);
    this.say(`Kubernetes: ${this.started.name}`);
    return this.started;
  }

  /** @returns a line that says so */
  skipped(scenario: string): string {
    this.left.push(scenario);
    return `SKIP   ${scenario}: ${NONE}`;
  }

  /** @returns what was left out, for the end of the report; undefined where nothing was */
  get remark(): string | undefined {
    if (this.left.length === 0) return undefined;
    return `SKIPPED ${this.left.length} scenarios, nothing was tried against a real API server: ${NONE}`;
  }

  async stop(): Promise<void> {
    await this.started?.stop();
  }
}

const NONE =
  'no kube-apiserver with etcd: set KUBEBUILDER_ASSETS to a folder that has both (setup-envtest use 1.36 -p path)';
