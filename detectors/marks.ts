/**
 * A text as a whole number of 31 bits (FNV-1a), which is what states keep of names: V8 holds such a number in place, so that a comparison reads one line of memory and not the
 * text behind a pointer. 0 is no text.
 *
 * Two of a subject's few names look alike once in a hundred million: a new one is missed then, and nothing made up. It is not against anybody who looks for
 * an agent with the mark of another one; he would have to know that, and could send it as it is.
 */
export function markOf(text: string): number {
  if (text === '') return 0;
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  return hash & 0x7fffffff || 1;
}
