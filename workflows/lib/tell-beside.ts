import { patched } from '@temporalio/workflow';
import type { PersonDesk } from './person-desk';

/** Pages people and goes on: what is urgent or irreversible waits for no dead channel. The incident waits for it before it closes. */
export async function tellBeside(desk: PersonDesk, what: string): Promise<void> {
  const told = desk.tell(what);
  if (!patched('tell-beside')) await told;
}
