/** The attack tool names itself, and the run, in the user agent. */
const TOOL = /stratus-red-team_(?<run>[\w-]+)/;

/** The run of the attack tool that a CloudTrail record is of, if it is of any. */
export function attackRunOf(record: unknown): string | undefined {
  return TOOL.exec(agentOf(record))?.groups?.['run'];
}

/** The record as an attacker would have left it who does not say who he is. */
export function withoutAttackTool(record: unknown): unknown {
  const agent = agentOf(record);
  return TOOL.test(agent) ? { ...(record as object), userAgent: agent.replace(TOOL, '') } : record;
}

function agentOf(record: unknown): string {
  if (typeof record !== 'object' || record === null || !('userAgent' in record)) return '';
  return typeof record.userAgent === 'string' ? record.userAgent : '';
}
