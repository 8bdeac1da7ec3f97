import type { WireReader } from './wire-reader.js';

/**
 * Headers as the proxy sent them: `envoy.config.core.v3.HeaderMap`.
 *
 * Names are in lower case. Values are read from `raw_value`, which Envoy fills since 1.31, else from `value`.
 */
export class HeaderMap {
  private readonly values = new Map<string, string>();

  static read(reader: WireReader | undefined): HeaderMap {
    const map = new HeaderMap();
    while (reader?.next()) if (reader.field === 1) map.add(reader.message());
    return map;
  }

  /** @returns its value, those of several lines joined by a comma and a blank; undefined where there is none */
  get(name: string): string | undefined {
    return this.values.get(name);
  }

  has(name: string): boolean {
    return this.values.has(name);
  }

  names(): Iterable<string> {
    return this.values.keys();
  }

  private add(header: WireReader): void {
    let name = '';
    let value = '';
    while (header.next()) {
      if (header.field === 1) name = header.text();
      else if (header.field === 3 && header.hasBytes) value = header.text();
      else if (header.field === 2 && value === '') value = header.text();
    }
    // HTTP/2 has them in lower case already; others may not.
    const key = LOWER.test(name) ? name : name.toLowerCase();
    const before = this.values.get(key);
    this.values.set(key, before === undefined ? value : `${before}, ${value}`);
  }
}

const LOWER = /^[^A-Z]*$/;
