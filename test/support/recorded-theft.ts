/** CloudTrail records, made up: a service's key at its usual work, and an instance's session that somebody drives from a Mac. */
export function madeUpTheft(): readonly Record<string, unknown>[] {
  const instance = { type: 'AssumedRole', arn: 'arn:aws:sts::000000000000:assumed-role/web/i-0a1b2c3d4e5f60718' };
  return [
    ...Array.from({ length: 60 }, (_, n) => record(n, 'AKIASERVICE000000001', 'orders/1.0', { type: 'IAMUser' })),
    record(61, 'ASIASTOLEN0000000001', '[aws-cli/2.15.0 Python/3.11.6 Darwin/23.1.0]', instance),
  ];
}

function record(n: number, key: string, userAgent: string, identity: Record<string, unknown>): Record<string, unknown> {
  return {
    eventID: `made-up-${key}-${n}`,
    eventTime: new Date(Date.UTC(2026, 0, 6, 12, n)).toISOString(),
    eventName: 'GetObject',
    eventSource: 's3.amazonaws.com',
    sourceIPAddress: '192.0.2.10',
    userAgent,
    userIdentity: { accessKeyId: key, ...identity },
  };
}
