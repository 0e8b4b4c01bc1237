const LONGEST = 40;
const REMEMBERED = 5_000;
const memo = new Map<string, string>();

/**
 * An agent's name without what changes on every release or replica: `orders-api/1.4.2 (linux)` and `orders-api-2` are both
 * `orders-api`. AWS services that act for a user (`console.ec2.amazonaws.com`, `aws-internal/3`) are one family.
 */
export function agentFamily(agent: string): string {
  const known = memo.get(agent);
  if (known !== undefined) return known;
  // The memo is a cache of a pure function; it is emptied, not aged, since a flood of made-up agents must not cost memory.
  if (memo.size >= REMEMBERED) memo.clear();
  const family = nameOf(agent);
  memo.set(agent, family);
  return family;
}

function nameOf(agent: string): string {
  const text = agent.replace(/^\[|\]$/g, '').toLowerCase();
  if (text.endsWith('.amazonaws.com') || text.includes('aws-internal')) return 'aws-service';
  const product = (text.split(/[/(;,]/, 1)[0] ?? '').trim();
  const name = product.replace(/[\s._-]*v?\d[\w.]*$/, '');
  // Of `k6` or `s3cmd` a letter would be left.
  return (/^[a-z]$/.test(name) ? product : name).slice(0, LONGEST);
}
