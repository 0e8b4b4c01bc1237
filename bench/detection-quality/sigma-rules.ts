/** The share of the Sigma rules that load, or are refused with a reason; null: not measured. */
export async function sigmaRules(_dataFolder: string): Promise<number | null> {
  return null;
}
