/** The incident ends here, contained and not recovered: nobody answered for too long, or a person wants no more of it. */
export class EndsEarly extends Error {
  override readonly name = 'EndsEarly';

  constructor(readonly why: string) {
    super(why);
  }
}
