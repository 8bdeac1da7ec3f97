import { mustRun, succeeds } from './tool.js';

/** In the order in which they are looked for. */
export const BUILDERS = ['docker', 'podman', 'buildah'] as const;
export type BuilderName = (typeof BUILDERS)[number];

/** How each is asked whether it works: docker needs its daemon. */
const PROBES: Readonly<Record<BuilderName, readonly [string, ...string[]]>> = {
  docker: ['docker', 'version'],
  podman: ['podman', '--version'],
  buildah: ['buildah', '--version'],
};
const NEEDS: Readonly<Record<BuilderName, string>> = {
  docker: 'docker is not there, or its daemon does not answer',
  podman: 'podman is not there',
  buildah: 'buildah is not there',
};

/** One image that is built. */
export interface BuildPlan {
  /** Folder with the Dockerfile. */
  readonly context: string;
  readonly file?: string;
  readonly tag: string;
  /** NAME=VALUE */
  readonly args?: readonly string[];
  /** Bases are there, and asked of no registry. */
  readonly isLocal?: boolean;
}

/** @throws Error that says the mend when it, or any, is missing */
export async function findBuilder(wanted?: BuilderName): Promise<BuilderName> {
  for (const name of wanted === undefined ? BUILDERS : [wanted]) {
    if (await succeeds(PROBES[name])) return name;
  }
  const missing = (wanted === undefined ? BUILDERS : [wanted])
    .map((name) => NEEDS[name])
    .join('; ');
  throw new Error(`${missing}: install one, or give --lint-only`);
}

/** @param flags of the store where the image comes to lie */
export async function build(
  builder: BuilderName,
  flags: readonly string[],
  plan: BuildPlan,
): Promise<void> {
  const { context, file = 'Dockerfile', tag, args = [], isLocal = false } = plan;
  const common = [
    ...args.map((arg) => `--build-arg=${arg}`),
    `--file=${context}/${file}`,
    `--tag=${tag}`,
    context,
  ];
  if (builder === 'docker') {
    await mustRun(['docker', 'build', ...common], { DOCKER_BUILDKIT: '1' });
    return;
  }
  // In the network of this machine, as a registry on its loopback is in reach from nowhere else.
  const own = ['--network=host', ...(isLocal ? ['--pull-never'] : [])];
  if (builder === 'podman') await mustRun(['podman', ...flags, 'build', ...own, ...common]);
  else await mustRun(['buildah', ...flags, 'build', '--isolation=chroot', ...own, ...common]);
}
