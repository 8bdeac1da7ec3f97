import type { ChartCases, GoodCase } from '../chart-cases.js';
import { parseObjects, type Helm } from '../rig/helm.js';
import { must, type Scenario } from '../scenario.js';

/** What charts make of values, good and wrong. */
export const RENDER: readonly Scenario[] = [
  {
    name: 'every chart renders with every set of values, and as they ask',
    run: ({ helm, charts }) => {
      for (const chart of charts) for (const good of chart.good) render(helm, chart, good);
      return { renderings: String(charts.reduce((sum, { good }) => sum + good.length, 0)) };
    },
  },
  {
    name: 'helm lint --strict finds nothing',
    run: ({ helm, charts }) => {
      for (const { chart, good } of charts) {
        for (const { name, values } of good) {
          const { ok, stdout, stderr } = helm.lint({ chart, ...(values && { values }) });
          must(
            ok && !/\[(?:WARNING|ERROR)\]/.test(stdout),
            `${chart}, ${name}: ${stdout}${stderr}`,
          );
        }
      }
    },
  },
  {
    name: 'wrong values are refused with what is wrong',
    run: ({ helm, charts }) => {
      for (const { chart, refused } of charts) {
        for (const { name, values, says } of refused) {
          const { ok, stderr } = helm.template({ chart, values });
          must(!ok, `${chart}, ${name}: it renders`);
          const missing = says.filter((text) => !stderr.includes(text));
          must(
            missing.length === 0,
            `${chart}, ${name}: "${missing.join('", "')}" not in ${stderr}`,
          );
        }
      }
      return { refusals: String(charts.reduce((sum, { refused }) => sum + refused.length, 0)) };
    },
  },
];

function render(helm: Helm, { chart }: ChartCases, { name, values, expect }: GoodCase): void {
  const rendering = { chart, ...(values && { values }) };
  try {
    const { ok, stdout, stderr } = helm.template(rendering);
    must(ok, `it does not render: ${stderr}`);
    must(!stderr.includes('warning:'), `helm warns: ${stderr}`);
    const blank = stdout.split('\n').find((line) => /[ \t]$/.test(line));
    must(blank === undefined, `a line ends in blanks: ${blank}`);
    const objects = parseObjects(stdout);
    must(objects.length > 0, 'nothing is rendered');
    expect?.(objects);
  } catch (error) {
    throw new Error(`${chart}, ${name}: ${(error as Error).message}`, { cause: error });
  }
}
