import { danglingReferences } from '../odd-values/references.js';
import { chooses, selectionsOf } from '../odd-values/selections.js';
import { WHOLE } from '../odd-values/whole.js';
import { podsOf } from '../rig/objects.js';
import type { KubernetesObject } from '../rig/helm.js';
import { must, type Scenario, type Stage } from '../scenario.js';

/** Helm takes no longer ones. They differ in the last character. */
const LONG = ['1', '2'].map((last) => `r${'x'.repeat(51)}${last}`);
/** Of Services and of labels' values; most other names may be longer. */
const LONGEST = 63;

interface Release {
  readonly what: string;
  readonly objects: readonly KubernetesObject[];
}

/** Charts beside each other. */
export const RELEASES: readonly Scenario[] = [
  {
    name: 'releases in one namespace share no name and no pod, however long they are called',
    run: (stage) => {
      const first = releases(stage, LONG[0]!);
      const second = releases(stage, LONG[1]!);
      first.forEach((one, at) => {
        checkNames(one);
        checkApart(one, second[at]!);
        // A namespace has one release of a name.
        for (const other of second) checkChoices(one, other);
      });
      return { releases: String(first.length + second.length) };
    },
  },
  {
    name: 'what objects refer to is there: ports, Services, accounts, roles, volumes, probes',
    run: (stage) => {
      for (const { what, objects } of releases(stage, 'rel')) {
        const dangling = danglingReferences(objects);
        must(dangling.length === 0, `${what}: ${dangling.join('; ')}`);
      }
    },
  },
  {
    name: 'the same values render the same, to the letter',
    run: ({ helm }) => {
      for (const [chart, wholes] of Object.entries(WHOLE)) {
        for (const { values } of wholes) {
          const [one, two] = [helm.text({ chart, values }), helm.text({ chart, values })];
          must(one === two, `${chart}: GitOps would see a change where there is none`);
        }
      }
    },
  },
];

function releases({ helm }: Stage, release: string): Release[] {
  return Object.entries(WHOLE).flatMap(([chart, wholes]) =>
    wholes.map(({ values }, at) => ({
      what: `${chart} ${at}`,
      objects: helm.objects({ chart, values, release }),
    })),
  );
}

function checkNames({ what, objects }: Release): void {
  for (const { kind, metadata } of objects) {
    const { name, labels = {} } = metadata;
    must(kind !== 'Service' || name.length <= LONGEST, `${what}: ${kind} ${name} is too long`);
    for (const value of Object.values(labels)) {
      must(value.length <= LONGEST, `${what}: label ${value} of ${kind} ${name} is too long`);
    }
  }
}

function checkApart(one: Release, other: Release): void {
  const names = new Set(one.objects.map(nameOf));
  const both = other.objects.map(nameOf).filter((name) => names.has(name));
  must(both.length === 0, `${one.what}: two releases have ${both.join(', ')}`);
}

const nameOf = ({ kind, metadata }: KubernetesObject): string => `${kind} ${metadata.name}`;

/** What model servers of other charts are chosen by, in values. */
const GIVEN = 'app';

function checkChoices(one: Release, other: Release): void {
  for (const selection of selectionsOf(one.objects)) {
    const own = podsOf(one.objects).filter(({ labels }) => chooses(selection, labels));
    must(
      own.length > 0 || GIVEN in selection.labels,
      `${one.what}: ${selection.by} chooses no pod`,
    );
    must(
      own.every(({ of }) => !of.startsWith('Pod ')),
      `${one.what}: ${selection.by} chooses the pod of helm test`,
    );
    const foreign = podsOf(other.objects).find(({ labels }) => chooses(selection, labels));
    must(!foreign, `${one.what}: ${selection.by} chooses ${foreign?.of} of another release`);
  }
}
