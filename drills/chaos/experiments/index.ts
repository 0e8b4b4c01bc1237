import type { Experiment } from '../experiment';
import { gatewayCutOff } from './gateway-cut-off';
import { temporalDown } from './temporal-down';
import { workerKilled } from './worker-killed';

/** Every drill: a new one is a file beside this and a line here. */
export const EXPERIMENTS: readonly Experiment[] = [workerKilled, temporalDown, gatewayCutOff];
