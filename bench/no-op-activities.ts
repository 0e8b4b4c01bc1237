/** Activities that do nothing, for the floor. */
export const noOpActivities = {
  nothing: (): Promise<void> => Promise.resolve(),
};

export type NoOpActivities = typeof noOpActivities;
