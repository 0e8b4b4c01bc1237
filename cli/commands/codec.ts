import { Command } from 'commander';
import { issueTicket } from '../../workers/codec/login-link';
import { parseConfig, readSecretFile } from '../../workers/config';

export function codecCommand(): Command {
  return new Command('codec')
    .description('The server that lets the Web UI and the temporal command line read what is stored encrypted')
    .addCommand(
      new Command('login')
        .description('Print a link that logs one browser in at the codec server: it works once, for five minutes')
        .action(login),
    );
}

function login(): void {
  const config = parseConfig('codec', process.env);
  const ticket = issueTicket(readSecretFile(config.TOURNIQUET_CODEC_TOKEN_FILE), Date.now());
  process.stdout.write(`http://127.0.0.1:${config.TOURNIQUET_CODEC_PORT}/login/${ticket}\n`);
}
