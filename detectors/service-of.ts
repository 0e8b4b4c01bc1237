/** The service that an action is of: `iam` of `iam:ListUsers`; `/orders` of `GET /orders/*`; a whole name that has neither. */
export function serviceOf(action: string): string {
  const path = action.indexOf(' /');
  if (path === -1) {
    const colon = action.indexOf(':');
    return colon === -1 ? action : action.slice(0, colon);
  }
  const end = action.indexOf('/', path + 2);
  return end === -1 ? action.slice(path + 1) : action.slice(path + 1, end);
}
