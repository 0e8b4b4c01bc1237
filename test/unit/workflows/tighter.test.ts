import { planResponse, type ResponsePlan } from '../../../domain/response-plan';
import { isTighter } from '../../../workflows/lib/tighten-containment';
import { SEPARABLE, sampleAssessment } from '../../support/fake-activities';
import { DEFAULT_POLICY } from '../../../domain/policy';

const PLAN = planResponse(SEPARABLE, sampleAssessment(), DEFAULT_POLICY);
const plan = (more: Partial<ResponsePlan>): ResponsePlan => ({ ...PLAN, overlapSeconds: 60, ...more });

it.each([
  ['less time', plan({ overlapSeconds: 30 }), plan({}), true],
  ['more time', plan({ overlapSeconds: 90 }), plan({}), false],
  ['a narrower lane', plan({ lane: { maxPerMinute: 60 } }), plan({ lane: { maxPerMinute: 3_000 } }), true],
  ['a lane where there was no limit', plan({ lane: { maxPerMinute: 60 } }), plan({}), true],
  ['a wider lane', plan({ lane: { maxPerMinute: 3_000 } }), plan({ lane: { maxPerMinute: 60 } }), false],
  ['the same', plan({}), plan({}), false],
])('%s', (_what, next, before, isIt) => {
  expect(isTighter(next, before)).toBe(isIt);
});
