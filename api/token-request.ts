import { z } from 'zod';
import { MOST_CHILD_SECONDS } from '../domain/child-token-limits';
import { parseScopes } from '../domain/oauth-scope';

const TOKEN_EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange';
export const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token';

/** What RFC 8693 section 2.1 has for deriving a token from another, of which it is the only proof. What else is sent is passed over, as RFC 6749 wants it. */
export const tokenRequest = z.object({
  grant_type: z.literal(TOKEN_EXCHANGE),
  subject_token: z.string().min(1).max(4096),
  subject_token_type: z.literal(ACCESS_TOKEN),
  requested_token_type: z.literal(ACCESS_TOKEN).optional(),
  /** Which of the subject token's scopes. To be named: whoever derives knows what for. */
  scope: z.string().max(4096),
  /** Ours: for how many seconds, where less than the most is wanted. */
  expires_in: z
    .string()
    .regex(/^[1-9]\d{0,8}$/)
    .optional(),
});

export const tokenAnswer = z.object({
  access_token: z.string(),
  issued_token_type: z.literal(ACCESS_TOKEN),
  token_type: z.literal('Bearer'),
  expires_in: z.number().int(),
  scope: z.string(),
});

/** RFC 6749 section 5.2. RFC 8693 adds `invalid_target`, and demands `invalid_request` where the subject token is not accepted. */
export const tokenError = z.object({
  error: z.enum(['invalid_request', 'invalid_scope', 'invalid_target', 'unsupported_grant_type']),
  /** For the developer who reads it; never what was sent. */
  error_description: z.string(),
});

export type TokenRefusal = z.infer<typeof tokenError>;

export interface TokenWish {
  /** The value that a token shall be derived from. */
  readonly token: string;
  readonly scopes: readonly string[];
  /** For how long, at most. */
  readonly seconds: number;
}

const NO_SCOPES = refusal('invalid_scope', 'scope must name scopes of the subject token');

/** Reads the form of a request, or says what is wrong with it. */
export function readTokenRequest(form: URLSearchParams): TokenWish | TokenRefusal {
  // Both change what is asked for, so that they can't be passed over.
  if (form.has('resource') || form.has('audience')) return refusal('invalid_target', 'tokens here have no target');
  if (form.has('actor_token')) return refusal('invalid_request', 'nobody can act for another here');
  const repeated = Object.keys(tokenRequest.shape).find((name) => form.getAll(name).length > 1);
  if (repeated !== undefined) return refusal('invalid_request', `${repeated} is given more than once`);
  const parsed = tokenRequest.safeParse(Object.fromEntries(form));
  if (!parsed.success) return refusalOf(parsed.error, form);
  const { subject_token: token, scope, expires_in: seconds } = parsed.data;
  const scopes = parseScopes(scope);
  if (!scopes) return NO_SCOPES;
  return {
    token,
    scopes,
    // Who asks for more is told how much it is, as RFC 6749 does it.
    seconds: Math.min(Number(seconds ?? MOST_CHILD_SECONDS), MOST_CHILD_SECONDS),
  };
}

function refusalOf(error: z.ZodError, form: URLSearchParams): TokenRefusal {
  const fields = error.issues.map(({ path }) => String(path[0]));
  if (fields.includes('grant_type') && form.has('grant_type'))
    return refusal('unsupported_grant_type', `the only grant type is ${TOKEN_EXCHANGE}`);
  const [field = 'the request'] = fields;
  return fields.every((one) => one === 'scope')
    ? NO_SCOPES
    : refusal('invalid_request', `${field} is missing or can not be read`);
}

export function refusal(error: TokenRefusal['error'], description: string): TokenRefusal {
  return { error, error_description: description };
}
