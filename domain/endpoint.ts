import { holdsOurValue } from './token-format';

/**
 * What a request asks for, as one short word that is bounded in number: `METHOD /path/with/*`, where `*` stands for whatever names a
 * single thing. Templates of frameworks (`/reports/:id`, `/reports/{id}`) and plain paths (`/reports/7`) become the same word, so that what
 * one gateway sees, another one and an inventory can speak of.
 */
export function endpointOf(method: string, route: string): string {
  const verb = method.toUpperCase();
  const path = route
    .split('/', MAX_SEGMENTS)
    .filter((segment) => segment !== '')
    .map((segment) => (namesOneThing(segment) ? '*' : segment))
    .join('/');
  // Every server answers HEAD as it would GET.
  return `${verb === 'HEAD' ? 'GET' : verb} /${path}`.slice(0, MAX_LENGTH);
}

/** An endpoint as people write it down: `GET /reports/:id`. */
export function parseEndpoint(text: string): string {
  const [method = '', path = '/'] = text.trim().split(/\s+/, 2);
  return endpointOf(method, path);
}

/** Longer paths than any service's; what lies beyond makes no difference. */
const MAX_SEGMENTS = 40;
const MAX_LENGTH = 256;

/** A part of a template: `:id`, `{id}`, `*`, also with a pattern behind it, as routers allow. */
const PLACEHOLDER = /^(?::|\{|\*)/;
/** Numbers, dates and the like. */
const NUMERIC = /^\d[\d.:T+-]*$/;
const UUID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i;
/** ObjectIds, digests, ULIDs, nanoids, prefixed ids: long, of one alphabet, and with more than one digit. */
const LONG_ID = /^(?=(?:\D*\d){2})[\w-]{16,}$/;
/** Longer than a route's name, so it may be a value: what is remembered and told must hold none. */
const LONG = /^[\w.~-]{33,}$/;
/** `ORD-12345`. A version (`v2`) or a name (`oauth2`) has fewer digits. */
const NUMBERED = /^[A-Za-z]{1,8}[-_]?\d{3,}$/;

/** Only plain characters: what is encoded, or means another path, is never taken for an id. */
function namesOneThing(segment: string): boolean {
  return (
    [PLACEHOLDER, NUMERIC, UUID, LONG_ID, LONG, NUMBERED].some((shape) => shape.test(segment)) ||
    isMailAddress(segment) ||
    holdsOurValue(segment)
  );
}

function isMailAddress(segment: string): boolean {
  return segment.length <= 100 && /^[\w.+-]+@[\w.-]+$/.test(segment);
}
