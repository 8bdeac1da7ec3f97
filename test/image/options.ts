import { parseArgs } from 'node:util';
import { BUILDERS, type BuilderName } from './build/builder.js';

/** What one run does. */
export interface Options {
  readonly help: boolean;
  /** Undefined: the first that is there. */
  readonly builder: BuilderName | undefined;
  readonly isStandIn: boolean;
  /** NAME=VALUE, for the Dockerfile. */
  readonly buildArgs: readonly string[];
  /** An image that is there already. */
  readonly image: string | undefined;
  readonly doesBuild: boolean;
  readonly doesRun: boolean;
  /** Parts of names of scenarios; none means all. */
  readonly only: readonly string[];
}

/** Text of `--help`. */
export const HELP = `Usage: npm run test:image -- [OPTION ...]

Lints the Dockerfile, builds it, and runs the image as a cluster does: without capabilities, on a read-only file
system, as user 65532 and as an arbitrary user of group 0. hadolint comes from PyPI, which needs python3 with venv.

  --builder NAME      ${BUILDERS.join(', ')} (default: the first that is there)
  --stand-in-base     build on bases made here (as root, with buildah and mmdebstrap), where the real ones are
                      out of reach: it shows that the Dockerfile is right, and says nothing of the real bases
  --build-arg N=V     for the Dockerfile; may be repeated
  --image NAME        check this image, of docker or podman as --builder says, and build none
  --lint-only         build nothing, run nothing
  --no-run            build, and run nothing
  --only TEXT         only scenarios whose name contains it; may be repeated
  --help              this text

Exit code 0 when all of it was done and is right, else 1: what is missing fails, and is never left out by itself.
`;

/** @throws Error with one line for the user when an argument is wrong */
export function readOptions(args: string[]): Options {
  const { values } = parseArgs({
    args,
    options: {
      builder: { type: 'string' },
      'stand-in-base': { type: 'boolean', default: false },
      'build-arg': { type: 'string', multiple: true, default: [] },
      image: { type: 'string' },
      'lint-only': { type: 'boolean', default: false },
      'no-run': { type: 'boolean', default: false },
      only: { type: 'string', multiple: true, default: [] },
      help: { type: 'boolean', default: false },
    },
  });
  const { builder, image } = values;
  if (builder !== undefined && !isBuilder(builder)) {
    throw new Error(`--builder: expected one of ${BUILDERS.join(', ')}, got ${builder}`);
  }
  if (image !== undefined && values['stand-in-base']) {
    throw new Error('--image is built already: leave out --stand-in-base');
  }
  return {
    help: values.help,
    builder,
    isStandIn: values['stand-in-base'],
    buildArgs: values['build-arg'],
    image,
    doesBuild: !values['lint-only'] && image === undefined,
    doesRun: !values['lint-only'] && !values['no-run'],
    only: values.only,
  };
}

function isBuilder(name: string): name is BuilderName {
  return (BUILDERS as readonly string[]).includes(name);
}
