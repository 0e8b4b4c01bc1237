import { runProgram } from '../../stack/run-program';

/** The living processes whose command line names `text`: a stack's servers all name its directory. */
export async function processesOf(text: string): Promise<string[]> {
  const { output } = await runProgram('ps', ['-A', '-ww', '-o', 'pid=,stat=,args=']);
  return output.split('\n').filter((line) => line.includes(text) && !/^\s*\d+\s+Z/.test(line));
}
