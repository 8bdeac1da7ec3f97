import { escapeXml, PAPER } from '../picture/svg.js';
import type { FlameNode } from './flame-tree.js';
import type { Owner } from './place.js';

const WIDTH = 1200;
const ROW = 17;
const LETTER = 6.2;
const MARGIN = 10;

const OWNERS: Record<Owner, { letter: string; light: string; dark: string; label: string }> = {
  tandem: { letter: 't', light: '#f5b971', dark: '#9a5b12', label: 'Tandem' },
  packages: {
    letter: 'p',
    light: '#a9c4f5',
    dark: '#2f5596',
    label: 'Nest, Express, rxjs, packages',
  },
  node: { letter: 'n', light: '#a8dcae', dark: '#2c6b36', label: "Node's JavaScript" },
  native: {
    letter: 'c',
    light: '#d4cfdd',
    dark: '#575068',
    label: 'native code, system calls, GC',
  },
};

/** What stands over a flame graph. */
export interface FlameCaption {
  readonly title: string;
  /** Machine, date, command. */
  readonly lines: readonly string[];
}

/** A flame graph as a self-contained SVG: the root below, widths by time, details in the tooltips. */
export function flameSvg(root: FlameNode, caption: FlameCaption): string {
  const depth = depthOf(root);
  const top = 34 + caption.lines.length * 15 + 22;
  const height = top + depth * ROW + MARGIN;
  const parts: string[] = [];
  const scale = (WIDTH - 2 * MARGIN) / root.totalUs;
  const draw = (node: FlameNode, x: number, level: number): void => {
    parts.push(frame(node, { x, y: top + (depth - level - 1) * ROW, scale, whole: root.totalUs }));
    let at = x;
    for (const child of [...node.children].sort((a, b) => b.totalUs - a.totalUs)) {
      draw(child, at, level + 1);
      at += child.totalUs * scale;
    }
  };
  draw(root, MARGIN, 0);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${escapeXml(caption.title)}">`,
    `<style>${style()}</style>`,
    `<rect class="paper" width="${WIDTH}" height="${height}"/>`,
    `<text class="title" x="${MARGIN}" y="22">${escapeXml(caption.title)}</text>`,
    ...caption.lines.map(
      (line, i) => `<text class="note" x="${MARGIN}" y="${38 + i * 15}">${escapeXml(line)}</text>`,
    ),
    legend(38 + caption.lines.length * 15 + 4),
    ...parts,
    '</svg>\n',
  ].join('\n');
}

interface Box {
  readonly x: number;
  readonly y: number;
  readonly scale: number;
  readonly whole: number;
}

function frame(node: FlameNode, { x, y, scale, whole }: Box): string {
  const { place, totalUs, frames } = node;
  const width = totalUs * scale;
  const percent = ((totalUs / whole) * 100).toFixed(totalUs / whole < 0.1 ? 2 : 1);
  const more = frames > 1 ? ` and ${frames - 1} more` : '';
  const title = `${place.name}${more} ${place.at === '' ? '' : `(${place.at}) `}${percent} %`;
  const text = `${place.name}${frames > 1 ? ` +${frames - 1}` : ''}`.slice(
    0,
    Math.max(0, Math.floor((width - 4) / LETTER)),
  );
  const box = `<rect class="${OWNERS[place.owner].letter}" x="${x.toFixed(1)}" y="${y}" width="${Math.max(0.5, width - 0.5).toFixed(1)}" height="${ROW - 1}"/>`;
  const label =
    text.length < 3
      ? ''
      : `<text x="${(x + 3).toFixed(1)}" y="${y + 12}">${escapeXml(text)}</text>`;
  return `<g><title>${escapeXml(title)}</title>${box}${label}</g>`;
}

function legend(y: number): string {
  let x = MARGIN;
  return Object.values(OWNERS)
    .map(({ letter, label }) => {
      const entry = `<rect class="${letter}" x="${x}" y="${y}" width="12" height="12"/><text x="${x + 17}" y="${y + 10}">${label}</text>`;
      x += 40 + label.length * LETTER;
      return entry;
    })
    .join('');
}

function style(): string {
  const fills = (shade: 'light' | 'dark'): string =>
    Object.values(OWNERS)
      .map((owner) => `.${owner.letter}{fill:${owner[shade]}}`)
      .join('');
  return `${PAPER}text{font:10px ui-monospace,Menlo,Consolas,monospace}.title{font-size:15px}.note{font-size:11px}${fills('light')}@media(prefers-color-scheme:dark){${fills('dark')}}`;
}

function depthOf(node: FlameNode): number {
  return 1 + Math.max(0, ...node.children.map(depthOf));
}
