import type { Sighting } from '../sighting';
import type { Subject } from '../subject';

/** Who was seen using a credential while it has an open incident, by the systems whose records the detection side reads. */
export interface UseLog {
  /** Undefined when no use of this subject was seen: nobody used it, or nothing that we read would show it. */
  seen(subject: Subject): Promise<Sighting | undefined>;
}
