import type { Command } from 'commander';

/** What a command of the command line writes to standard output. */
export async function outputOf(command: Command, ...args: string[]): Promise<string> {
  // A command that was added already does not take this over, and would end the tests.
  for (const each of [command, ...command.commands]) each.exitOverride();
  let text = '';
  const write = jest.spyOn(process.stdout, 'write').mockImplementation((piece) => {
    text += String(piece);
    return true;
  });
  try {
    await command.parseAsync(args, { from: 'user' });
  } finally {
    write.mockRestore();
  }
  return text;
}
