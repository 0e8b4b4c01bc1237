import { parseJson } from '../../domain/parse-json';
import { valuesOf, type LogRecord } from '../sigma/record';

/** Whom the policies in a request let in who was not there before: anybody at all, or somebody of an account that is not the record's own. */
export type OpensTo = 'everybody' | 'other-account';

/** How deep policies lie in a request, and how much of one is read: requests are chosen by others. */
const LIMITS = { depth: 3, documents: 8, length: 200_000 } as const;

const ACCOUNT = /^(?:arn:aws[a-z-]*:(?:iam|sts)::)?(?<id>\d{12})(?::|$)/;

/**
 * A CloudTrail record as our rules know it: with `policyOpensTo`, worked out when a rule asks. A policy is a text within the record, and whom it lets in is a matter of each of its
 * statements, which rules can't tell apart.
 */
export function withOpenPolicies(record: LogRecord): LogRecord {
  return Object.defineProperty({ ...record }, 'policyOpensTo', { get: () => policyOpensTo(record) });
}

function policyOpensTo(record: LogRecord): readonly OpensTo[] {
  const own = ['userIdentity.accountId', 'recipientAccountId'].flatMap((field) => valuesOf(record, field));
  const statements = policiesIn(record['requestParameters']).flatMap((policy) => [policy['Statement']].flat());
  return [...new Set(statements.flatMap((statement) => statementOpensTo(statement, own)))];
}

function policiesIn(value: unknown, depth = 0): readonly LogRecord[] {
  const read = typeof value === 'string' && value.length <= LIMITS.length ? parsed(value) : value;
  if (typeof read !== 'object' || read === null || depth > LIMITS.depth) return [];
  if (Object.hasOwn(read, 'Statement')) return [read as LogRecord];
  return Object.values(read)
    .flatMap((item) => policiesIn(item, depth + 1))
    .slice(0, LIMITS.documents);
}

/** IAM takes policies percent-encoded, too. */
function parsed(text: string): unknown {
  const begin = /^\s*(?<first>\{|%7B)/i.exec(text)?.groups?.['first'];
  if (begin === undefined) return undefined;
  try {
    return parseJson(begin === '{' ? text : decodeURIComponent(text));
  } catch {
    return undefined;
  }
}

function statementOpensTo(statement: unknown, own: readonly unknown[]): readonly OpensTo[] {
  if (typeof statement !== 'object' || statement === null) return [];
  const { Effect: effect, Principal: principal, Condition: condition } = statement as LogRecord;
  if (effect !== 'Allow') return [];
  const isObject = typeof principal === 'object' && principal !== null;
  const named = [isObject ? (principal as LogRecord)['AWS'] : principal].flat().map(String);
  // Whoever it is must be of an organization, come from a network, or have a second factor.
  const isLimited = typeof condition === 'object' && condition !== null && Object.keys(condition).length > 0;
  const isForeign = named.some((name) => {
    const id = ACCOUNT.exec(name)?.groups?.['id'];
    return id !== undefined && !own.includes(id);
  });
  return [
    ...(named.includes('*') && !isLimited ? ['everybody' as const] : []),
    ...(isForeign ? ['other-account' as const] : []),
  ];
}
