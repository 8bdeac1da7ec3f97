// A writer of our own: chart libraries weigh tens of MiB and write colours that cannot follow the reader's scheme.
import { escapeXml, PAPER } from './svg.js';
import { logTicks } from './ticks.js';

/** One point, and the spread of what it is the median of. */
export interface ChartPoint {
  readonly x: number;
  readonly y: number;
  readonly least: number;
  readonly most: number;
}

/** One line of a panel; the index of its colour is that of its name in the chart's `series`. */
export interface ChartLine {
  readonly name: string;
  readonly points: readonly ChartPoint[];
}

/** One pair of logarithmic axes. */
export interface Panel {
  readonly title: string;
  /** Under the title. */
  readonly note: string;
  readonly xLabel: string;
  readonly lines: readonly ChartLine[];
}

/** Some panels under one title. */
export interface Chart {
  readonly title: string;
  /** Machine, date, command. */
  readonly notes: readonly string[];
  /** Names of all lines, in the order of the legend. */
  readonly series: readonly string[];
  readonly panels: readonly Panel[];
  readonly xTickLabel: (x: number) => string;
}

const WIDTH = 900;
const PANEL_WIDTH = 430;
const PANEL_HEIGHT = 290;
const PLOT = { left: 52, top: 46, width: 364, height: 196 };
const COLOURS = [
  ['#c2410c', '#fb923c'],
  ['#1d4ed8', '#7aa2ff'],
  ['#15803d', '#5fce84'],
  ['#7e22ce', '#c792f5'],
  ['#57606a', '#9aa4af'],
] as const;

/** Log-log charts as a self-contained SVG, two panels a row, for light and dark pages. */
export function chartSvg(chart: Chart): string {
  const top = 62 + chart.notes.length * 15;
  const height = top + Math.ceil(chart.panels.length / 2) * PANEL_HEIGHT;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${escapeXml(chart.title)}">`,
    `<style>${style()}</style>`,
    `<rect class="paper" width="${WIDTH}" height="${height}"/>`,
    `<text class="title" x="16" y="26">${escapeXml(chart.title)}</text>`,
    ...chart.notes.map(
      (note, i) => `<text class="note" x="16" y="${44 + i * 15}">${escapeXml(note)}</text>`,
    ),
    legend(chart.series, 44 + chart.notes.length * 15),
    ...chart.panels.map((panel, i) => {
      const x = 10 + (i % 2) * (PANEL_WIDTH + 10);
      const y = top + Math.floor(i / 2) * PANEL_HEIGHT;
      return `<g transform="translate(${x} ${y})">\n${panelSvg(panel, chart)}\n</g>`;
    }),
    '</svg>\n',
  ].join('\n');
}

function panelSvg(panel: Panel, { series, xTickLabel }: Chart): string {
  const points = panel.lines.flatMap((line) => line.points).filter(({ y }) => y > 0);
  const xTicks = [...new Set(points.map((point) => point.x))].sort((a, b) => a - b);
  const [x, y] = scales(points, xTicks);
  const { left, top, width, height } = PLOT;
  const ticks = logTicks(y.least, y.most);
  return [
    `<text class="head" x="${left}" y="18">${escapeXml(panel.title)}</text>`,
    `<text class="note" x="${left}" y="34">${escapeXml(panel.note)}</text>`,
    ...ticks.map((tick) => {
      const at = y.place(tick).toFixed(1);
      return `<path class="grid" d="M${left} ${at}h${width}"/><text class="tick end" x="${left - 6}" y="${(Number(at) + 3.5).toFixed(1)}">${tick}</text>`;
    }),
    ...xTicks.map((tick) => {
      const at = x.place(tick).toFixed(1);
      return `<path class="grid" d="M${at} ${top}v${height}"/><text class="tick mid" x="${at}" y="${top + height + 14}">${escapeXml(xTickLabel(tick))}</text>`;
    }),
    `<text class="note mid" x="${left + width / 2}" y="${top + height + 32}">${escapeXml(panel.xLabel)}</text>`,
    ...panel.lines.map((line) => lineSvg(line, series.indexOf(line.name), x, y)),
  ].join('\n');
}

interface Scale {
  readonly least: number;
  readonly most: number;
  place(value: number): number;
}

function scales(points: readonly ChartPoint[], xTicks: readonly number[]): [x: Scale, y: Scale] {
  const { left, top, width, height } = PLOT;
  const ys = points.flatMap(({ y, least, most }) => (least > 0 ? [least, most] : [y, most]));
  const least = Math.min(...ys);
  const most = Math.max(...ys);
  // A flat line looks flat: never less than a decade.
  const room = Math.max(1.15, Math.sqrt(10 / (most / least)));
  return [
    logScale(Math.min(...xTicks), Math.max(...xTicks), (share) => left + share * width),
    logScale(least / room, most * room, (share) => top + (1 - share) * height),
  ];
}

function logScale(least: number, most: number, at: (share: number) => number): Scale {
  const span = Math.log(most / least);
  return { least, most, place: (value) => at(Math.log(value / least) / span) };
}

function lineSvg({ points }: ChartLine, index: number, x: Scale, y: Scale): string {
  const drawn = points.filter((point) => point.y > 0);
  const places = drawn.map((point) => [x.place(point.x), y.place(point.y)] as const);
  const path = places.map(
    ([px, py], i) => `${i === 0 ? 'M' : 'L'}${px.toFixed(1)} ${py.toFixed(1)}`,
  );
  const spreads = drawn
    .filter(({ least }) => least > 0)
    .map(
      (point) =>
        `M${x.place(point.x).toFixed(1)} ${y.place(point.least).toFixed(1)}V${y.place(point.most).toFixed(1)}`,
    );
  const dots = places.map(
    ([px, py]) => `<circle cx="${px.toFixed(1)}" cy="${py.toFixed(1)}" r="3"/>`,
  );
  return `<g class="s${index % COLOURS.length}"><path d="${path.join('')}"/><path class="spread" d="${spreads.join('')}"/>${dots.join('')}</g>`;
}

function legend(series: readonly string[], y: number): string {
  let x = 16;
  return series
    .map((name, i) => {
      const entry = `<g class="s${i % COLOURS.length}"><path d="M${x} ${y}h22"/><circle cx="${x + 11}" cy="${y}" r="3"/></g><text x="${x + 28}" y="${y + 4}">${escapeXml(name)}</text>`;
      x += 52 + name.length * 7;
      return entry;
    })
    .join('\n');
}

function style(): string {
  const lines = (shade: 0 | 1): string =>
    COLOURS.map(
      (pair, i) => `.s${i} path{stroke:${pair[shade]}}.s${i} circle{fill:${pair[shade]}}`,
    ).join('');
  return `${PAPER}text{font:12px system-ui,sans-serif}.title{font-size:17px;font-weight:600}.head{font-weight:600}.note{font-size:11px}.tick{font-size:10px}.end{text-anchor:end}.mid{text-anchor:middle}path{fill:none;stroke-width:2}.spread{opacity:.45;stroke-width:1.5}.grid{stroke:#d8dee4;stroke-width:1}${lines(0)}@media(prefers-color-scheme:dark){.grid{stroke:#30363d}${lines(1)}}`;
}
