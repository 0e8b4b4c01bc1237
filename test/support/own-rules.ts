import { loadRules, ownRules } from '../../workers/rules/load-rules';

/** The rules that come with Tourniquet. */
export const OWN_RULES = loadRules([ownRules()]).rules;
