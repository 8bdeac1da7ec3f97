import n from 'eslint-plugin-n';
import tseslint from 'typescript-eslint';

const SPECS = ['src/**/*.spec.ts', 'test/**'];

const tooManyParameters = (what, most) =>
  `At most ${most} parameters a ${what}: put what belongs together into one object.`;

export default tseslint.config(
  { ignores: ['dist', 'coverage', '.bench', '.cache'] },
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  {
    name: 'tandem/every-file',
    rules: {
      'array-callback-return': 'error',
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      'max-lines': ['error', { max: 400 }],
      'no-cond-assign': 'error',
      'no-console': 'error',
      'no-constant-condition': 'error',
      'no-control-regex': 'error',
      'no-dupe-else-if': 'error',
      'no-duplicate-case': 'error',
      'no-fallthrough': 'error',
      'no-self-compare': 'error',
      'no-unreachable': 'error',
      'no-unsafe-finally': 'error',
      'no-useless-catch': 'error',
      'no-var': 'error',
      'object-shorthand': 'error',
      'prefer-const': 'error',
      'prefer-rest-params': 'error',
    },
  },
  {
    name: 'tandem/typescript',
    files: ['**/*.ts'],
    plugins: { '@typescript-eslint': tseslint.plugin, n },
    languageOptions: {
      parser: tseslint.parser,
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      '@typescript-eslint/await-thenable': 'error',
      '@typescript-eslint/ban-ts-comment': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-for-in-array': 'error',
      '@typescript-eslint/no-misused-promises': 'error',
      '@typescript-eslint/no-unnecessary-type-assertion': 'error',
      '@typescript-eslint/no-unused-vars': [
        'error',
        { argsIgnorePattern: '^_', varsIgnorePattern: '^_', caughtErrorsIgnorePattern: '^_' },
      ],
      '@typescript-eslint/only-throw-error': 'error',
      '@typescript-eslint/prefer-promise-reject-errors': ['error', { allowThrowingUnknown: true }],
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
    },
  },
  {
    name: 'tandem/source',
    files: ['src/**/*.ts'],
    ignores: SPECS,
    rules: {
      'no-restricted-syntax': [
        'error',
        {
          selector: 'ExportAllDeclaration',
          message: 'No barrels: import from the file that holds what you mean.',
        },
        {
          selector:
            ':matches(FunctionDeclaration, ArrowFunctionExpression, TSEmptyBodyFunctionExpression)[params.length>4]',
          message: tooManyParameters('function', 4),
        },
        {
          selector:
            ':not(MethodDefinition[kind="constructor"]) > FunctionExpression[params.length>4]',
          message: tooManyParameters('function', 4),
        },
        {
          selector: 'MethodDefinition[kind="constructor"] > FunctionExpression[params.length>6]',
          message: tooManyParameters('constructor', 6),
        },
      ],
      'max-lines-per-function': ['error', { max: 50, skipBlankLines: true, skipComments: true }],
    },
  },
  {
    // The environment and the arguments enter here and are handed on as values.
    name: 'tandem/environment',
    files: ['src/**/*.ts'],
    ignores: [...SPECS, 'src/config/**', 'src/main.ts', 'src/apps/*/main.ts'],
    rules: {
      'n/no-process-env': 'error',
      'no-restricted-properties': [
        'error',
        {
          object: 'process',
          property: 'argv',
          message: 'Only src/config and main.ts files read arguments.',
        },
      ],
    },
  },
  {
    // Command-line tools of the tests speak to people.
    name: 'tandem/tools',
    files: ['test/**', 'scripts/**'],
    rules: { 'no-console': 'off' },
  },
);
