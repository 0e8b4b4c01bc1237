import type { World } from '../world/world';

/** Whether somebody said that nothing leaked, with an approval that was used: only then may a refusal be lifted. */
export function saidNothingLeaked({ audit }: World): boolean {
  return ['approval.used', 'false-positive'].every((decided) => audit.some(({ action }) => action === decided));
}
