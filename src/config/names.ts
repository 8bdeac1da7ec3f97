import type { Kind } from './kinds.js';
import type { InertFlag, Settings, SettingsTable } from './setting.js';
import { FILE_SETTINGS } from './file-settings.js';

/** A name that a value can be given under, and the setting (or inert flag) that it means. */
export interface Name {
  readonly name: string;
  /** The setting's own name. */
  readonly key: string;
  readonly kind: Kind<unknown>;
  readonly inert?: InertFlag;
}

/** Every name of a program's flags. Words may be parted by dashes or underscores, as klog's are. */
export class NameIndex {
  private readonly names = new Map<string, Name>();

  constructor(readonly table: SettingsTable) {
    this.addSettings({ ...table.settings, ...FILE_SETTINGS });
    for (const inert of table.inert ?? []) {
      this.add({ name: inert.name, key: inert.name, kind: inert.kind, inert });
    }
  }

  find(spelled: string): Name | undefined {
    return this.names.get(normal(spelled));
  }

  /** The names worth suggesting: not those without effect. */
  known(): string[] {
    return [...this.names.values()].filter((name) => !name.inert).map((name) => name.name);
  }

  all(): Name[] {
    return [...this.names.values()];
  }

  private addSettings(settings: Settings): void {
    for (const [key, setting] of Object.entries(settings)) {
      this.add({ name: key, key, kind: setting.kind });
      for (const alias of setting.aliases ?? []) {
        const { name, kind } = typeof alias === 'string' ? { name: alias } : alias;
        this.add({ name, key, kind: kind ?? setting.kind });
      }
    }
  }

  private add(name: Name): void {
    if (this.names.has(normal(name.name))) throw new Error(`two settings are named ${name.name}`);
    this.names.set(normal(name.name), name);
  }
}

const normal = (name: string): string => name.replaceAll('_', '-');
