/** Routes by the shape of their path: `*` stands for one segment, a last `**` for any rest. No method: all of them. */
export interface RoutePattern {
  readonly method?: string | undefined;
  readonly path: string;
}

export type RouteMatcher = (method: string, path: string) => boolean;

const PATTERN = /^(?:\/|(?:\/(?:\*|[\w.~@-]+))*(?:\/\*\*)?)$/;
/** Proxies and services decode once each; what is still encoded after this many rounds hides something. */
const MAX_DECODINGS = 3;

export function isRoutePattern(path: string): boolean {
  return path !== '' && PATTERN.test(path);
}

/**
 * Errs towards matching: case, repeated and last slashes, encodings and `;parameters` make no difference, since a service behind may
 * not tell them apart. A path that can mean two things (dot segments, broken encodings) matches if there is any pattern.
 */
export function compileRoutes(patterns: readonly RoutePattern[]): RouteMatcher {
  const compiled = patterns.map(({ method, path }) => ({
    method: method?.toUpperCase(),
    wanted: path.toLowerCase().split('/').filter(Boolean),
  }));
  return (method, path) => {
    if (compiled.length === 0) return false;
    const segments = plainSegments(path);
    if (!segments) return true;
    // Every server answers HEAD as it would GET.
    const verb = method.toUpperCase() === 'HEAD' ? 'GET' : method.toUpperCase();
    return compiled.some((one) => (one.method ?? verb) === verb && fits(one.wanted, segments));
  };
}

function fits(wanted: readonly string[], segments: readonly string[]): boolean {
  const open = wanted.at(-1) === '**';
  const fixed = open ? wanted.slice(0, -1) : wanted;
  if (open ? segments.length < fixed.length : segments.length !== fixed.length) return false;
  return fixed.every((one, index) => one === '*' || one === segments[index]);
}

function plainSegments(path: string): readonly string[] | undefined {
  const decoded = decodeAll(path);
  if (decoded === undefined) return undefined;
  const segments = decoded
    .toLowerCase()
    .split(/[/\\]/)
    .map((segment) => segment.split(';', 1)[0] ?? '');
  if (segments.some((segment) => segment === '.' || segment === '..')) return undefined;
  return segments.filter(Boolean);
}

function decodeAll(path: string): string | undefined {
  let text = path;
  for (let round = 0; round <= MAX_DECODINGS; round++) {
    let decoded: string;
    try {
      decoded = decodeURIComponent(text);
    } catch {
      return undefined;
    }
    if (decoded === text) return text;
    text = decoded;
  }
  return undefined;
}
