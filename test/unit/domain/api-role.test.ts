import { API_ROLES, roleAllows } from '../../../domain/api-role';

describe('roles of the API', () => {
  it.each([
    ['viewer', ['viewer', 'responder', 'approver', 'admin']],
    ['responder', ['responder', 'approver', 'admin']],
    ['approver', ['approver', 'admin']],
    ['admin', ['admin']],
    ['reporter', ['responder', 'approver', 'admin', 'reporter']],
    ['dependent', ['dependent']],
  ] as const)('what needs %s is allowed to %p', (needed, allowed) => {
    expect(API_ROLES.filter((role) => roleAllows(role, needed))).toEqual(allowed);
  });
});
