import type { Detector } from './detector';
import { dormantAwake } from './dormant-awake';
import { endpointRamp } from './endpoint-ramp';
import { endpointSpike } from './endpoint-spike';
import { exfiltration } from './exfiltration';
import { impossibleTravel } from './impossible-travel';
import { laneBreach } from './lane-breach';
import { listedCredential } from './listed-credential';
import { manyNetworks } from './many-networks';
import { newActions } from './new-actions';
import { newAddress } from './new-address';
import { newObjects } from './new-objects';
import { newOrigin } from './new-origin';
import { offHours } from './off-hours';
import { outsideCloud } from './outside-cloud';
import { privilegeProbing } from './privilege-probing';
import { rateRamp } from './rate-ramp';
import { rateSpike } from './rate-spike';
import { ruleMatch } from './rule-match';
import { sequenceRarity } from './sequence-rarity';
import { serviceTail } from './service-tail';
import { threatIntel } from './threat-intel';
import { workloadMisuse } from './workload-misuse';

/** Every detector, one line each; a test compares this list with the files beside it. The order is that of detections of one event. */
export const DETECTORS: readonly Detector[] = [
  listedCredential,
  newOrigin,
  impossibleTravel,
  manyNetworks,
  workloadMisuse,
  outsideCloud,
  rateSpike,
  laneBreach,
  ruleMatch,
  privilegeProbing,
  newActions,
  endpointSpike,
  dormantAwake,
  exfiltration,
  threatIntel,
  rateRamp,
  offHours,
  sequenceRarity,
  serviceTail,
  endpointRamp,
  newAddress,
  newObjects,
];
