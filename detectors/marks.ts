/**
 * A text as a whole number of 31 bits (FNV-1a), which is what rows keep of names. 0 is no text. Two of a subject's few names look alike once in a hundred million: a new one is
 * missed then, or counted with another.
 *
 * It is no hash that nobody could find two texts of. Of agents and networks that gains nobody anything: who knows the agent whose mark he wants can send it as it is. Of actions it would, since
 * a path can be written in many ways: their marks begin with a `seed`, the mark of the subject, which nobody outside knows where that is a fingerprint.
 */
export function markOf(text: string, seed = 0): number {
  if (text === '') return 0;
  let hash = 0x811c9dc5 ^ seed;
  for (let index = 0; index < text.length; index++) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  return hash & 0x7fffffff || 1;
}
