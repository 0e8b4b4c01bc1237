import { resolve } from 'node:path';

/** The workflow bundle that scripts/setup.mjs makes; quicker than bundling in each test file. */
export const workflowBundle = { codePath: resolve(__dirname, '../../dist/workflows-bundle.js') };
