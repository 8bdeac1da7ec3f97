import { existsSync, readFileSync } from 'node:fs';
import { SourceMap, type SourceMapPayload } from 'node:module';
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { CallFrame } from './cpu-profile.js';
import type { Position } from './place.js';

/** Finds the source of functions in bundled files by the maps that lie beside them. */
export class SourceMaps {
  private readonly maps = new Map<string, SourceMap | undefined>();
  private readonly root: string;

  /** @param root folder that positions are relative to */
  constructor(root: string) {
    this.root = root;
  }

  positionOf({ url, lineNumber, columnNumber }: CallFrame): Position {
    if (!url.startsWith('file:')) return { file: url, line: lineNumber + 1 };
    const entry = this.mapFor(url)?.findEntry(lineNumber, columnNumber);
    if (!entry || !('originalSource' in entry))
      return { file: this.fromRoot(url), line: lineNumber + 1 };
    return {
      file: this.fromRoot(new URL(entry.originalSource, url).href),
      line: entry.originalLine + 1,
    };
  }

  private mapFor(url: string): SourceMap | undefined {
    if (!this.maps.has(url)) {
      const file = `${fileURLToPath(url)}.map`;
      const text = existsSync(file) ? readFileSync(file, 'utf8') : undefined;
      const map =
        text === undefined ? undefined : new SourceMap(JSON.parse(text) as SourceMapPayload);
      this.maps.set(url, map);
    }
    return this.maps.get(url);
  }

  private fromRoot(url: string): string {
    if (!url.startsWith('file:')) return url;
    const path = fileURLToPath(url);
    // Packages may lie elsewhere, behind a link.
    const packages = path.indexOf('node_modules/');
    return packages < 0 ? relative(this.root, path) : path.slice(packages);
  }
}
