import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { runTool, succeeds } from './tool.js';

/** Where podman and buildah keep the images and containers of one run, so that nothing is left of them. */
export class Store {
  private constructor(
    /** Of podman and of buildah. */
    readonly flags: readonly string[],
    private readonly folder: string,
  ) {}

  /** @param folder that is empty */
  static async make(folder: string): Promise<Store> {
    const at = (driver: string): readonly string[] => [
      `--root=${join(folder, driver)}`,
      `--runroot=${join(folder, `${driver}-run`)}`,
      `--storage-driver=${driver}`,
    ];
    // Not on every file system, and not in every container; vfs copies each layer instead.
    const overlay = at('overlay');
    if (await succeeds(['buildah', ...overlay, 'from', '--name=probe', 'scratch'])) {
      const mounts = await succeeds(['buildah', ...overlay, 'mount', 'probe']);
      await runTool(['buildah', ...overlay, 'rm', 'probe']);
      if (mounts) return new Store(overlay, folder);
    }
    return new Store(at('vfs'), folder);
  }

  async remove(): Promise<void> {
    for (const command of [
      ['podman', ...this.flags, 'rm', '--all', '--force', '--time=0'],
      ['buildah', ...this.flags, 'rm', '--all'],
      ['buildah', ...this.flags, 'rmi', '--all', '--force'],
    ] as const) {
      await succeeds(command);
    }
    rmSync(this.folder, { recursive: true, force: true });
  }
}
