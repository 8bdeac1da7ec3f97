/**
 * The dependency rules of the tree (ARCHITECTURE.md, "Dependency rule"). Checked by `npm run deps`.
 *
 * A room is a folder under src. A room's top-level files are its public face. Imports go down the
 * layers or sideways, never up.
 */
const LAYERS = [
  ['config', 'errors', 'logging', 'metrics', 'tracing'],
  ['endpoint', 'kubernetes', 'openai', 'resilience', 'tls', 'workers', 'zmq'],
  ['grpc', 'listener', 'proxy'],
  [
    'chunked',
    'connector',
    'discovery',
    'encoder',
    'ext-proc',
    'fleet',
    'health',
    'kv-events',
    'policy',
    'prefiller',
    'scheduling',
    'flow-control',
    'server-metrics',
    'ssrf',
  ],
  ['apps'],
];
const SPEC = '[.]spec[.]ts$';
const ENTRIES =
  '^src/(?:main|apps/[^/]+/main|apps/router/library|server-metrics/polling/poll-thread)[.]ts$';
/** Loaded by scripts that write generated pages. */
const GENERATORS =
  '^src/(?:config/(?:reference|json-schema)|metrics/metrics-page|scheduling/(?:plugins-page|plugin-parameters)|apps/router/(?:library/declarations|compatibility/[a-z]+))[.]ts$';
const rooms = (names) => `^src/(?:${names.join('|')})/`;

/** @param only where the package may be imported @param packages patterns of package folders */
const onlyIn = (name, only, packages, comment) => ({
  name,
  severity: 'error',
  comment,
  from: { path: '^src/', pathNot: [only, SPEC] },
  to: { path: packages.map((folder) => `node_modules/${folder}(?:/|$)`) },
});

const layerRules = LAYERS.slice(0, -1).map((names, layer) => ({
  name: `layer-${layer}-imports-down`,
  severity: 'error',
  comment: `${names.join(', ')} are layer ${layer}: they know nothing of the layers above. Move what is shared down, or hand it in.`,
  from: { path: rooms(names), pathNot: SPEC },
  to: { path: `${rooms(LAYERS.slice(layer + 1).flat())}|^src/main[.]ts$` },
}));

export default {
  forbidden: [
    ...layerRules,
    {
      name: 'no-cycles',
      severity: 'error',
      comment: 'Files of a cycle can only be understood together. Type-only imports count.',
      from: { path: '^(?:src|test)/' },
      to: { circular: true },
    },
    {
      name: 'rooms-are-known',
      severity: 'error',
      comment: 'A new room needs a layer: add it to LAYERS in .dependency-cruiser.mjs.',
      from: { path: '^src/[^/]+/', pathNot: rooms(LAYERS.flat()) },
      to: {},
    },
    {
      name: 'subfolders-are-private',
      severity: 'error',
      comment: "A room's subfolder is its own: other rooms import the room's top-level files.",
      from: { path: '^src/([^/]+)/', pathNot: SPEC },
      to: { path: '^src/[^/]+/[^/]+/', pathNot: ['^src/$1/', '^src/apps/'] },
    },
    {
      name: 'apps-are-islands',
      severity: 'error',
      comment: 'A program imports nothing of another program: what both need is a room.',
      from: { path: '^src/apps/([^/]+)/' },
      to: { path: '^src/apps/[^/]+/', pathNot: '^src/apps/$1/' },
    },
    {
      name: 'apps-are-loaded-by-main',
      severity: 'error',
      comment: 'Only src/main.ts starts a program, by a dynamic import of its main.ts.',
      from: { path: '^src/', pathNot: '^src/(?:apps/|main[.]ts$)' },
      to: { path: '^src/apps/' },
    },
    {
      name: 'source-imports-no-tests',
      severity: 'error',
      comment: 'What is shipped does not need what tests it.',
      from: { path: '^src/', pathNot: SPEC },
      to: { path: ['^test/', SPEC] },
    },
    {
      name: 'no-orphans',
      severity: 'error',
      comment:
        'No program reaches this file: delete it, or import it where it is meant to be used.',
      from: { orphan: true, path: '^src/', pathNot: [ENTRIES, SPEC] },
      to: {},
    },
    {
      name: 'reachable-from-main',
      severity: 'error',
      comment: 'No program needs this file, at most its spec: delete it, or use it.',
      from: { path: ENTRIES },
      to: { path: '^src/', pathNot: [ENTRIES, GENERATORS, SPEC], reachable: false },
    },
    onlyIn(
      'pino-only-in-logging',
      '^src/logging/',
      ['pino'],
      'Everything else logs through the Logger of src/logging.',
    ),
    onlyIn(
      'prometheus-only-in-metrics',
      '^src/metrics/',
      ['prom-client', '@willsoto/nestjs-prometheus'],
      'Everything else counts through the methods of src/metrics.',
    ),
    onlyIn(
      'axios-only-in-control-plane',
      '^src/endpoint/',
      ['axios'],
      'axios costs 4 times a raw request: probes may use it, the byte path may not.',
    ),
    onlyIn(
      'opentelemetry-only-in-tracing',
      '^src/tracing/',
      ['@opentelemetry'],
      'Everything else makes spans through the Tracing of src/tracing.',
    ),
    onlyIn(
      'kubernetes-client-only-in-kubernetes',
      '^src/kubernetes/',
      ['@kubernetes/client-node'],
      'The import costs 0.5 s and 88 MiB: one room loads it, and only when it is used.',
    ),
    {
      name: 'pure-parts-know-no-nest',
      severity: 'error',
      comment: 'Parsers and protocol knowledge can be tested and measured without a container.',
      from: { path: '^src/(?:proxy/wire|openai|listener|policy|tls|errors)/', pathNot: SPEC },
      to: { path: 'node_modules/@nestjs/' },
    },
    {
      name: 'sidecar-loads-no-grpc',
      severity: 'error',
      comment: "The sidecar's programs load gRPC only for a trace exporter that asks for it.",
      from: {
        path: '^src/',
        pathNot: '^src/(?:tracing/open-telemetry[.]ts$|ext-proc/|apps/picker/)',
      },
      to: { path: 'node_modules/(?:@grpc/|@opentelemetry/exporter-trace-otlp-grpc)' },
    },
    {
      name: 'heavy-packages-are-lazy',
      severity: 'error',
      comment: 'These cost start time and memory: import them dynamically where they are needed.',
      from: { path: '^src/', pathNot: SPEC },
      to: {
        path: 'node_modules/(?:axios|@kubernetes/client-node|@peculiar/x509|@opentelemetry/exporter-)',
        dependencyTypesNot: ['dynamic-import', 'type-only'],
        dynamic: false,
      },
    },
    {
      name: 'packages-are-declared',
      severity: 'error',
      comment: 'Only packages of package.json are there for sure; devDependencies are not shipped.',
      from: { path: '^src/', pathNot: SPEC },
      to: {
        dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown', 'unknown'],
        dependencyTypesNot: ['type-only'],
      },
    },
    {
      name: 'imports-resolve',
      severity: 'error',
      comment: 'The file or package is not there.',
      from: {},
      to: { couldNotResolve: true },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    // A browser's, not a module of ours.
    exclude: { path: '^src/apps/router/seeing/page/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
      extensions: ['.ts', '.js', '.mjs', '.json'],
    },
    reporterOptions: { text: { highlightFocused: true } },
  },
};
