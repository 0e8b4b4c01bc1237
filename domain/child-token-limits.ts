/** How long a token that was derived from another lives at most; it never outlives that one. Whoever needs it longer derives again. */
export const MOST_CHILD_SECONDS = 3_600;

/** Derived tokens that one token may have alive at once: a service derives one for each of its workers or jobs, a loop gone wild many more. */
export const MOST_LIVING_CHILDREN = 1_000;
