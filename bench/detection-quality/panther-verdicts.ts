/** The share of Panther's rule tests, of the families we cover, on which we agree with the expected verdict; null: not measured. */
export async function pantherVerdicts(_dataFolder: string): Promise<number | null> {
  return null;
}
