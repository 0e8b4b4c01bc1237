import { API_ROLES, roleAllows } from '../../../domain/api-role';

describe('roles of the API', () => {
  it.each([
    ['viewer', ['viewer', 'responder', 'admin']],
    ['responder', ['responder', 'admin']],
    ['admin', ['admin']],
    ['reporter', ['responder', 'admin', 'reporter']],
    ['dependent', ['dependent']],
  ] as const)('what needs %s is allowed to %p', (needed, allowed) => {
    expect(API_ROLES.filter((role) => roleAllows(role, needed))).toEqual(allowed);
  });
});
