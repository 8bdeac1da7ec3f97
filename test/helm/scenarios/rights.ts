import { Engines } from '../../kubernetes/rig/engines.js';
import { READ_KINDS } from '../cluster/inhabitants.js';
import { programsThatAsk } from '../cluster/rendered-program.js';
import { RightsTrial, type Lack } from '../cluster/rights-trial.js';
import { isRole, rulesOf, textOf } from '../cluster/rights.js';
import type { Values } from '../rig/helm.js';
import { must, type ClusterScenario, type ClusterStage } from '../scenario.js';

/** That charts give the rights that programs use, and no more. */
export const RIGHTS: readonly ClusterScenario[] = [
  {
    name: 'programs run with exactly the rendered rights, and say what they lack with one less',
    needs: 'cluster',
    run: async (stage) => {
      const { helm, charts, cluster, say } = stage;
      const engines = await Engines.start();
      stage.after(() => engines.stop());
      await cluster.defineKindsOf(READ_KINDS);
      const seen = new Set<string>();
      const lacks: Lack[] = [];
      for (const { chart, good } of charts) {
        for (const { name, values = {} } of good) {
          const namespace = await cluster.namespace('privileged');
          const objects = helm.objects({ chart, values, namespace });
          await cluster.defineKindsOf(objects);
          const programs = programsThatAsk(objects, stage.folder);
          const asks = programs.length > 0 && !givesNone(values);
          must(
            asks === objects.some(isRole),
            `${chart}, ${name}: ${asks ? 'a program asks, and there is no Role' : 'there is a Role for nobody'}`,
          );
          if (!asks) continue;
          for (const program of programs) {
            const trial = new RightsTrial({ cluster, engines, program, objects, namespace });
            const kind = kindOf(trial, program.program);
            if (seen.has(kind)) continue;
            seen.add(kind);
            lacks.push(...(await tryRights(trial, { what: `${chart}, ${name}`, say })));
          }
        }
      }
      must(seen.size > 0, 'no chart renders a Role');
      return { programs: String(seen.size), 'rights taken away': String(lacks.length) };
    },
  },
];

/** Somebody else gives the rights. */
function givesNone(values: Values): boolean {
  return (values['rbac'] as { create?: boolean } | undefined)?.create === false;
}

/** Rights that are as good as those of another case are tried once. */
function kindOf({ roles, settings }: RightsTrial, program: string): string {
  const rules = roles.map((role) => [
    role.kind,
    ...rulesOf(role).map(({ apiGroups, resources, verbs }) => [apiGroups, resources, verbs]),
  ]);
  const needs = ['enable-ssrf-protection', 'prefiller-discovery', 'prefiller-fallback'];
  return JSON.stringify([program, rules, needs.map((name) => settings[name])]);
}

async function tryRights(
  trial: RightsTrial,
  { what, say }: { readonly what: string } & Pick<ClusterStage, 'say'>,
): Promise<Lack[]> {
  try {
    const unwanted = trial.rights.filter(({ verb }) => verb !== 'list' && verb !== 'watch');
    must(unwanted.length === 0, `no program uses ${unwanted.map(textOf).join(', ')}`);
    await trial.prepare();
    await trial.withAll();
    say(`       ${what}: works with ${trial.rights.length} rights`);
    const lacks: Lack[] = [];
    for (const right of trial.rights) {
      const lack = await trial.lacking(right);
      must(
        (lack.outcome === 'goes on') === trial.goesOnWithout(right),
        `without ${textOf(right)} it ${lack.outcome}: ${lack.message}`,
      );
      say(`         without ${textOf(right).padEnd(65)} ${lack.outcome}`);
      lacks.push(lack);
    }
    return lacks;
  } catch (error) {
    throw new Error(`${what}: ${(error as Error).message}`, { cause: error });
  }
}
