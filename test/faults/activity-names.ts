import type { Activities } from '../../activities';

export type AnyActivity = (argument: unknown) => Promise<unknown>;

/** One that is added to the product and missing here does not compile. */
const NAMES: Readonly<Record<keyof Activities, true>> = {
  loadCredential: true,
  containVersion: true,
  confirmInForce: true,
  findLaneEnd: true,
  recordContainment: true,
  keepKnown: true,
  createReplacement: true,
  moveDependent: true,
  restoreDependent: true,
  discardReplacement: true,
  revokeVersion: true,
  verifyDead: true,
  closeAudit: true,
  liftContainment: true,
  extendLane: true,
  readMovingTime: true,
  observeUse: true,
  checkWave: true,
  findBroken: true,
  findUsers: true,
  testReplacement: true,
  checkDrift: true,
  rehearseStep: true,
  recordRehearsal: true,
  useApproval: true,
  notifyAudience: true,
  recordDecision: true,
};

/** Every activity, by name: what a worker registers before there is a world. */
export const ACTIVITY_NAMES = Object.keys(NAMES);
