import { randomBytes } from 'node:crypto';
import { mustRun, runTool, succeeds, type Ended } from '../build/tool.js';

type Command = readonly [string, ...string[]];

/** What a container is given beside its arguments; nothing, in most. */
export interface Extras {
  readonly env?: Readonly<Record<string, string>>;
  /** Folders of this machine, at the same place, to read. */
  readonly folders?: readonly string[];
  /** In place of the image's own. */
  readonly entrypoint?: string;
}

/** A container that was named before it starts. */
export interface Container {
  readonly command: Command;
  /** Ends it, where it still runs. */
  remove(): Promise<void>;
}

const NO_LIMITS_OF_ITS_OWN = ['--ulimit=nofile=1024:1024', '--ulimit=nproc=4096:4096'];
/** podman would mount writable folders at /tmp and /run, and hand on the proxies of this machine. */
const PODMAN = ['--read-only-tmpfs=false', '--http-proxy=false', ...NO_LIMITS_OF_ITS_OWN];

/** Runs an image as a cluster with restricted Pod Security does, in the network of this machine. */
export class Runner {
  private constructor(
    private readonly tool: Command,
    private readonly own: readonly string[],
    readonly image: string,
    /** `UID:GID` */
    readonly user: string,
  ) {}

  /**
   * @param tool that runs containers @param flags of the store where the image lies
   * @throws Error that says the mend when the tool is missing
   */
  static async make(
    tool: 'docker' | 'podman',
    flags: readonly string[],
    image: string,
    user: string,
  ): Promise<Runner> {
    if (!(await succeeds([tool, '--version']))) {
      throw new Error(`${tool} runs the image and is not there: install it, or give --no-run`);
    }
    // Without systemd there is no other way.
    const first = tool === 'podman' ? ['--cgroup-manager=cgroupfs'] : [];
    return new Runner([tool, ...flags, ...first], tool === 'podman' ? PODMAN : [], image, user);
  }

  /** @returns a command whose arguments are those of the image */
  container({ env = {}, folders = [], entrypoint }: Extras = {}): Container {
    const name = `tandem-${randomBytes(6).toString('hex')}`;
    const command = [
      ...this.tool,
      ...['run', '--rm', `--name=${name}`, '--pull=never', '--network=host', '--read-only'],
      ...['--cap-drop=all', '--security-opt=no-new-privileges', `--user=${this.user}`],
      ...this.own,
      ...Object.entries(env).map(([key, value]) => `--env=${key}=${value}`),
      ...folders.map((folder) => `--volume=${folder}:${folder}:ro`),
      ...(entrypoint === undefined ? [] : [`--entrypoint=${entrypoint}`]),
      this.image,
    ] as unknown as Command;
    const remove = [...this.tool, 'rm', '--force', name] as unknown as Command;
    return { command, remove: async () => void (await runTool(remove)) };
  }

  /** Runs it to its end. */
  async end(args: readonly string[], extras?: Extras): Promise<Ended> {
    return runTool([...this.container(extras).command, ...args] as unknown as Command);
  }

  /** @returns what a script prints that Node runs in the image */
  async script(script: string, ...args: readonly string[]): Promise<string> {
    const node = this.container({ entrypoint: '/nodejs/bin/node' });
    return mustRun([...node.command, '--eval', script, ...args] as unknown as Command);
  }

  /** @returns the image's configuration, as the OCI specification has it */
  async configuration(): Promise<Record<string, unknown>> {
    const told = await mustRun([
      ...this.tool,
      'image',
      'inspect',
      this.image,
    ] as unknown as Command);
    return (JSON.parse(told) as { Config: Record<string, unknown> }[])[0]!.Config;
  }
}
