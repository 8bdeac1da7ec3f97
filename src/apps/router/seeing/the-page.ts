import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';

/** The page as it is answered. */
export interface Page {
  readonly bytes: Buffer;
  readonly headers: Readonly<Record<string, string>>;
}

/** Beside this module, in the source and in what is built of it. */
const FOLDER = new URL('page/', import.meta.url);
const STYLE_LINK = '<link rel="stylesheet" href="page.css" />';
const SCRIPT_LINK = '<script src="page.js"></script>';

let made: Page | undefined;

/** @returns the built-in page: style and script stand in it, and nothing else may run there or be loaded */
export function thePage(): Page {
  return (made ??= make());
}

function make(): Page {
  const style = read('page.css');
  const script = read('page.js');
  const html = read('index.html')
    .replace(STYLE_LINK, () => `<style>${style}</style>`)
    .replace(SCRIPT_LINK, () => `<script>${script}</script>`);
  return {
    bytes: Buffer.from(html),
    headers: {
      'Content-Type': 'text/html; charset=utf-8',
      'Content-Security-Policy': [
        "default-src 'none'",
        `script-src '${digest(script)}'`,
        `style-src '${digest(style)}'`,
        "connect-src 'self'",
        'img-src data:',
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
      ].join('; '),
      'Cache-Control': 'no-store',
      'Referrer-Policy': 'no-referrer',
      'X-Content-Type-Options': 'nosniff',
    },
  };
}

function read(name: string): string {
  return readFileSync(new URL(name, FOLDER), 'utf8');
}

function digest(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`;
}
