/**
 * For supervisors that ask by running a command, such as a container's HEALTHCHECK: asks the process beside it, whichever role it has.
 * Ends with status 0 when it is healthy.
 */
async function main(env: NodeJS.ProcessEnv): Promise<void> {
  const port =
    env['TOURNIQUET_HEALTH_PORT'] ??
    env['TOURNIQUET_API_PORT'] ??
    env['TOURNIQUET_GATEWAY_PORT'] ??
    env['TOURNIQUET_CODEC_PORT'];
  const answer = await fetch(`http://127.0.0.1:${port}/healthz`, { signal: AbortSignal.timeout(2_000) });
  process.exitCode = answer.ok ? 0 : 1;
}

main(process.env).catch(() => {
  process.exitCode = 1;
});
