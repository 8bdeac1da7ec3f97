import { blemishOf } from '../odd-values/blemishes.js';
import { pathsOf, withValue } from '../odd-values/leaves.js';
import { WHOLE } from '../odd-values/whole.js';
import { must, type Scenario } from '../scenario.js';

/** Helms that run at a time. */
const AT_A_TIME = 4;

/** Values that nobody meant. */
export const ODD_VALUES: readonly Scenario[] = [
  {
    name: 'each value set to null is refused in clear words, or means nothing is given',
    run: async ({ helm }) => {
      for (const [chart, wholes] of Object.entries(WHOLE))
        for (const { values } of wholes) helm.text({ chart, values });
      const tried = Object.entries(WHOLE).flatMap(([chart, wholes]) =>
        wholes.flatMap(({ values, of }) =>
          pathsOf(chart)
            .filter(([first]) => !of || of.includes(first!))
            .map((path) => ({ chart, path, values: withValue(values, path, null) })),
        ),
      );
      const blemishes: string[] = [];
      await inTurns(tried, async ({ chart, path, values }) => {
        const blemish = blemishOf(await helm.templateBeside({ chart, values }));
        if (blemish !== undefined) blemishes.push(`${chart}, ${path.join('.')}: ${blemish}`);
      });
      must(blemishes.length === 0, blemishes.join('\n'));
      return { renderings: String(tried.length) };
    },
  },
];

async function inTurns<T>(all: readonly T[], handle: (one: T) => Promise<void>): Promise<void> {
  const left = [...all];
  const turns = Array.from({ length: AT_A_TIME }, async () => {
    for (let one = left.shift(); one !== undefined; one = left.shift()) await handle(one);
  });
  await Promise.all(turns);
}
