import type { Engines } from '../../kubernetes/rig/engines.js';
import { until } from '../../support/raw-client.js';
import { SidecarProcess } from '../../support/sidecar-process.js';
import type { KubernetesObject } from '../rig/helm.js';
import { untilMay, userOf } from './accounts.js';
import type { HelmCluster } from './helm-cluster.js';
import { homeOf, inhabit, type Home } from './inhabitants.js';
import { PROGRAM_CHECKS, type Settings } from './program-checks.js';
import { settingsOf, withFlags, type RenderedProgram } from './rendered-program.js';
import { isRole, rightsOf, rulesOf, textOf, without, type Right } from './rights.js';

/** What became of a program that lacks a right. */
export type Outcome = 'exits with 1' | 'is not ready' | 'goes on';

/** A right, and what comes of it when it is taken away. */
export interface Lack {
  readonly right: Right;
  readonly outcome: Outcome;
  /** What the program says. */
  readonly message: string;
}

export interface RightsTrialOptions {
  readonly cluster: HelmCluster;
  readonly engines: Engines;
  readonly program: RenderedProgram;
  /** All that the chart renders. */
  readonly objects: readonly KubernetesObject[];
  /** Of the release. */
  readonly namespace: string;
}

/** So that a sidecar that knows no pool ends soon. */
const SYNC = { 'ssrf-sync-timeout': '2s' };

/** Runs a program with exactly the rights that its chart renders, and with each of them taken away. */
export class RightsTrial {
  readonly settings: Settings;
  private readonly home: Home;
  private readonly user: string;
  private kubeconfig = '';
  private ips: readonly string[] = [];

  constructor(private readonly options: RightsTrialOptions) {
    const { program, namespace } = options;
    this.settings = settingsOf(program.args);
    this.home = homeOf(this.settings);
    this.user = userOf(namespace, program.serviceAccount);
  }

  get roles(): readonly KubernetesObject[] {
    return this.options.objects.filter(isRole);
  }

  get rights(): readonly Right[] {
    return this.roles.flatMap((role) => rightsOf(rulesOf(role)));
  }

  /** @returns whether it serves without that right, having said so: a router lists instead, a picker decides without objectives and rewrites */
  goesOnWithout({ resource, verb }: Right): boolean {
    switch (this.options.program.program) {
      case 'picker':
        return /^inference(?:objectives|modelrewrites)$/.test(resource);
      case 'router':
        return verb === 'watch';
      case 'sidecar':
        return String(this.settings['enable-ssrf-protection']) !== 'true';
    }
  }

  /** Applies what gives the rights, and what there is to find. */
  async prepare(): Promise<void> {
    const { cluster, objects, namespace, program } = this.options;
    for (const object of objects) {
      const isForRights = isRole(object) || /^ServiceAccount$|RoleBinding$/.test(object.kind);
      if (!isForRights) continue;
      await cluster.ensureNamespace(object.metadata.namespace ?? namespace);
      await cluster.objects.apply(object, { namespace });
    }
    this.kubeconfig = await cluster.accountKubeconfig(namespace, program.serviceAccount);
    this.ips = await inhabit(cluster, this.home, objects);
    for (const right of this.rights) await this.untilMay(right, true);
  }

  /** @throws Error unless it becomes ready and does its work, and complains of no right */
  async withAll(): Promise<void> {
    const { engines, program } = this.options;
    const checks = PROGRAM_CHECKS[program.program];
    const process = await this.start({});
    try {
      await this.untilReady(process);
      await checks.works(process, { engines, ips: this.ips }, this.settings);
      const complaint = process.stderr.split('\n').find((line) => line.includes('forbidden'));
      if (complaint !== undefined) throw new Error(complaint);
    } finally {
      await process.stop();
    }
  }

  /** @throws Error unless it says clearly what it lacks */
  async lacking(right: Right): Promise<Lack> {
    const { cluster, namespace } = this.options;
    for (const role of this.roles) {
      await cluster.objects.apply(without(role, right), { namespace });
    }
    await this.untilMay(right, false);
    const { program } = this.options;
    const process = await this.start(program.program === 'sidecar' ? SYNC : {});
    try {
      const message = await this.complaint(process, right);
      return { right, message, outcome: await this.outcome(process, right) };
    } finally {
      await process.stop();
      for (const role of this.roles) await cluster.objects.apply(role, { namespace });
      await this.untilMay(right, true);
    }
  }

  private async start(more: Readonly<Record<string, string>>): Promise<SidecarProcess> {
    const { program, engines } = this.options;
    const { flags } = PROGRAM_CHECKS[program.program];
    return SidecarProcess.start(
      (ports) => [
        program.program,
        ...withFlags(program.args, {
          ...flags(ports, engines),
          ...more,
          kubeconfig: this.kubeconfig,
        }),
      ],
      { POD_IP: '127.0.0.1' },
    );
  }

  private async untilReady(process: SidecarProcess): Promise<void> {
    const { isReady } = PROGRAM_CHECKS[this.options.program.program];
    let ready = false;
    for (const deadline = performance.now() + 20_000; !ready;) {
      ready = await isReady(process);
      if (process.exitCode !== undefined || performance.now() > deadline) break;
    }
    if (!ready) throw new Error(`it is not ready with all rights: ${process.stderr.slice(-2000)}`);
  }

  /** @returns the sentence that names verb, resource, group, account and mend */
  private async complaint(process: SidecarProcess, right: Right): Promise<string> {
    const { verb, resource, group } = right;
    const named = textOf(right).slice(verb.length + 1);
    const sentence = new RegExp(
      [
        `forbidden \\(403\\): ${this.user} may not ${verb} ${named}\\b.* in (?:namespace ${this.home.namespace}|all namespaces)`,
        `: grant ${verb} on resource ${resource} of API group "${group}" in a (?:Role of that namespace|ClusterRole)`,
        `; check it with: kubectl auth can-i ${verb} ${named}.* --as ${this.user}`,
      ].join(''),
    );
    const said = (): RegExpExecArray | null => sentence.exec(process.stderr.replaceAll('\\"', '"'));
    await until(() => said() !== null || process.exitCode !== undefined).catch(() => undefined);
    const found = said()?.[0].split('"}')[0];
    if (found === undefined) {
      throw new Error(`without ${textOf(right)} it says only: ${process.stderr.slice(-3000)}`);
    }
    return found.replace(/" ?,.*$/, '');
  }

  private async outcome(process: SidecarProcess, right: Right): Promise<Outcome> {
    const { program } = this.options;
    const { isReady } = PROGRAM_CHECKS[program.program];
    if (program.program === 'sidecar' && !this.goesOnWithout(right)) {
      const code = await process.exited();
      if (code !== 1) throw new Error(`it exits with ${code}`);
      return 'exits with 1';
    }
    // All that is to be known of what it may read is known soon after it began to listen.
    for (const deadline = performance.now() + 3_000; performance.now() < deadline;) {
      if (await isReady(process)) return 'goes on';
    }
    return 'is not ready';
  }

  private async untilMay(right: Right, is: boolean): Promise<void> {
    const { user, home } = this;
    const { admin } = this.options.cluster;
    const object = right.resource === 'inferencepools' ? home.pool : undefined;
    await untilMay(admin, { ...right, user, namespace: home.namespace, object }, is);
  }
}
