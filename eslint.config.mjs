import eslint from '@eslint/js';
import tseslint from 'typescript-eslint';

const PROCESS_ENV = {
  selector: "MemberExpression[object.name='process'][property.name='env']",
  message: 'Configuration is read once, by parseConfig() in workers/config.ts; take what you need as an argument.',
};
const ENUM = {
  selector: 'TSEnumDeclaration',
  message: 'Use a union of string literals, with `as const` for the list.',
};
const DEFAULT_EXPORT = { selector: 'ExportDefaultDeclaration', message: 'Named exports only.' };

export default tseslint.config(
  { ignores: ['dist/', 'node_modules/', 'coverage/', '.tourniquet/'] },
  eslint.configs.recommended,
  {
    files: ['**/*.ts'],
    extends: [...tseslint.configs.recommendedTypeChecked],
    languageOptions: { parserOptions: { project: './tsconfig.json', tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/only-throw-error': ['error', { allowThrowingUnknown: true }],
      '@typescript-eslint/prefer-promise-reject-errors': ['error', { allowThrowingUnknown: true }],
      '@typescript-eslint/return-await': ['error', 'in-try-catch'],
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      // An async function without await is how a port is implemented in memory.
      '@typescript-eslint/require-await': 'off',
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      'no-console': 'error',
      'no-restricted-syntax': ['error', ENUM, DEFAULT_EXPORT, PROCESS_ENV],
      'max-lines': ['error', { max: 400 }],
      'no-param-reassign': 'error',
      'prefer-const': 'error',
    },
  },
  {
    files: [
      'workers/config.ts',
      'workers/main.ts',
      'workers/health-check.ts',
      'cli/**',
      'test/**',
      'stack/toolchain/**',
    ],
    rules: { 'no-restricted-syntax': ['error', ENUM, DEFAULT_EXPORT] },
  },
  { files: ['cli/**'], rules: { 'no-console': 'off' } },
  {
    files: ['workflows/**/*.ts'],
    rules: {
      '@typescript-eslint/no-restricted-imports': [
        'error',
        {
          patterns: [
            {
              regex: '(^|/)activities(/|$)',
              allowTypeImports: true,
              message: 'Workflows take types only from activities.',
            },
            {
              regex: '^(\\.\\./)+(detectors|enforcement|workers|client|api|cli|drills|stack|bench|test)(/|$)',
              message: 'Workflows take values only from domain, workflows and Temporal’s workflow packages.',
            },
            {
              // Node's built-ins are among them: the sandbox has none.
              regex: '^(?!\\.)(?!@temporalio/(workflow|common)(/|$))',
              message: 'The only packages in workflow code are @temporalio/workflow and @temporalio/common.',
            },
          ],
        },
      ],
      // Reused V8 contexts share what a module holds.
      'no-restricted-syntax': [
        'error',
        ...[ENUM, DEFAULT_EXPORT, PROCESS_ENV],
        { selector: "Program > VariableDeclaration[kind='let']", message: 'No mutable state in a workflow module.' },
        {
          selector: "Program > ExportNamedDeclaration > VariableDeclaration[kind='let']",
          message: 'No mutable state in a workflow module.',
        },
      ],
    },
  },
  {
    files: ['test/**/*.ts'],
    rules: {
      'max-lines': ['error', { max: 600 }],
      '@typescript-eslint/unbound-method': 'off',
    },
  },
  {
    files: ['test/support/setup/**'],
    // Jest wants the default export.
    rules: { 'no-restricted-syntax': ['error', ENUM] },
  },
  {
    files: ['**/*.mjs', '**/*.cjs', '**/*.js'],
    languageOptions: {
      globals: {
        process: 'readonly',
        require: 'readonly',
        module: 'writable',
        __dirname: 'readonly',
        console: 'readonly',
      },
    },
  },
  { files: ['**/*.cjs'], languageOptions: { sourceType: 'commonjs' } },
);
