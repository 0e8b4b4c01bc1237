/** A program that people, not workloads, drive. */
export interface WorkstationAgent {
  readonly name: string;
  readonly confidence: number;
  /** Scripts of a workload use it too, so it can be habit; the others never can. */
  readonly scriptable: boolean;
}

/**
 * In order: the first that matches counts. What runs on a desktop's operating system or is a distribution for attacks outweighs
 * what could be a script of the workload: Elastic's and GuardDuty's agent rules (reference/detection.md 1.1), and "a lone curl is not
 * hostile" (1.2.5), so that alone stays weak.
 */
const AGENTS: readonly (readonly [pattern: RegExp, agent: WorkstationAgent])[] = [
  [/\b(?:kali|parrot|pentoo|blackarch)\b/, { name: 'an attack distribution', confidence: 0.9, scriptable: false }],
  [/\bdarwin\/|\bmacos\b|macintosh|mac os x/, { name: 'a Mac', confidence: 0.85, scriptable: false }],
  [/\bexec-env\/cloudshell/, { name: 'a cloud shell', confidence: 0.8, scriptable: false }],
  [/microsoft-standard|\bwsl2?\b/, { name: 'a Windows desktop', confidence: 0.85, scriptable: false }],
  [
    /^(?:dbeaver|datagrip|pgadmin|tableplus|navicat|heidisql|postico|beekeeper)/,
    { name: 'a database desktop', confidence: 0.8, scriptable: false },
  ],
  [/^mozilla\/5\.0 \((?:windows nt|x11|linux|iphone|ipad)/, { name: 'a browser', confidence: 0.75, scriptable: false }],
  [/^(?:postmanruntime|insomnia|bruno|paw\/)/, { name: 'an API desktop', confidence: 0.75, scriptable: false }],
  [
    /^(?:psql|pgcli|pg_dump|pg_dumpall|mysql|redis-cli|usql)\b/,
    { name: 'a database shell', confidence: 0.7, scriptable: true },
  ],
  [/^httpie|^xh\//, { name: 'a command line', confidence: 0.6, scriptable: true }],
  [
    /^aws-cli\/|^gcloud\b|^azurecli\b|^curl\b|^wget\b|^powershell\b/,
    { name: 'a command line', confidence: 0.5, scriptable: true },
  ],
];

const REMEMBERED = 5_000;
const memo = new Map<string, WorkstationAgent | undefined>();

/** What a person drives, judged by the agent that the client claims; undefined when nothing points to a person. */
export function workstationAgent(agent: string): WorkstationAgent | undefined {
  if (memo.has(agent)) return memo.get(agent);
  // A cache of a pure function, emptied when full: a flood of made-up agents must not cost memory.
  if (memo.size >= REMEMBERED) memo.clear();
  const text = agent.replace(/^\[|\]$/g, '').toLowerCase();
  const found = AGENTS.find(([pattern]) => pattern.test(text))?.[1];
  memo.set(agent, found);
  return found;
}
