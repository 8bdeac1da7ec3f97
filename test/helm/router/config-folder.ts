import { mkdirSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { KubernetesObject } from '../rig/helm.js';

/** A ConfigMap as kubelets mount it: files are links into a folder behind a link, which is turned when it changes. */
export class ConfigFolder {
  private versions = 0;

  /** @param path of a folder that does not exist yet */
  constructor(
    readonly path: string,
    map: KubernetesObject,
  ) {
    mkdirSync(path);
    this.write(map);
    for (const file of Object.keys(map['data']))
      symlinkSync(join('..data', file), join(path, file));
  }

  /** Its files change all at once. */
  write(map: KubernetesObject): void {
    const version = `..version-${this.versions++}`;
    mkdirSync(join(this.path, version));
    for (const [file, text] of Object.entries(map['data'] as Record<string, string>)) {
      writeFileSync(join(this.path, version, file), text);
    }
    symlinkSync(version, join(this.path, '..data_tmp'));
    renameSync(join(this.path, '..data_tmp'), join(this.path, '..data'));
  }
}
