import { isSubject } from '../../domain/subject';
import type { UsageEvent } from '../../domain/usage-event';

const PRINCIPALS: readonly unknown[] = ['workload', 'person', 'unknown'] satisfies UsageEvent['principalKind'][];
const ACTIONS: readonly unknown[] = [
  'read',
  'write',
  'admin',
  'login',
  'unknown',
] satisfies UsageEvent['action']['kind'][];
const OUTCOMES: readonly unknown[] = [
  'accepted',
  'contained',
  'authentication',
  'authorization',
  'failed',
] satisfies UsageEvent['outcome'][];

/** Fields that every use has. */
const REQUIRED = 9;

/**
 * Whether a value out of JSON is a use without rules, exactly as `usageEvent` has it. Nearly all that comes in is, and zod takes 4 µs to say so. False
 * says nothing: zod is to be asked, and says what is wrong. A test holds it to the schema.
 */
export function isPlainUse(value: unknown): value is UsageEvent {
  if (!isObject(value)) return false;
  let required = 0;
  for (const key in value) {
    const field = value[key];
    if (isRequired(key, field)) required += 1;
    else if (!isOptional(key, field)) return false;
  }
  return required === REQUIRED;
}

function isRequired(key: string, field: unknown): boolean {
  switch (key) {
    case 'kind':
      return field === 'usage';
    case 'id':
      return isText(field, 200) && field !== '';
    case 'at':
      return isCount(field);
    case 'subject':
      return typeof field === 'string' && isSubject(field);
    case 'source':
      return isText(field, 64);
    case 'principalKind':
      return PRINCIPALS.includes(field);
    case 'client':
      return isObject(field) && hasTwo(field) && isText(field['address'], 64) && isText(field['agent'], 512);
    case 'action':
      return isObject(field) && hasTwo(field) && ACTIONS.includes(field['kind']) && isText(field['name'], 512);
    case 'outcome':
      return OUTCOMES.includes(field);
    default:
      return false;
  }
}

function isOptional(key: string, field: unknown): boolean {
  switch (key) {
    case 'bytes':
      return isCount(field);
    case 'principal':
      return typeof field === 'string' && isSubject(field);
    case 'probe':
      return isText(field, 100);
    default:
      return false;
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** With both fields asked for, nothing else is there. */
function hasTwo(value: object): boolean {
  let count = 0;
  for (const _key in value) count += 1;
  return count === 2;
}

function isText(value: unknown, most: number): value is string {
  return typeof value === 'string' && value.length <= most;
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
