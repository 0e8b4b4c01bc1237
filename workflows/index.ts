export { checkReadiness } from './check-readiness';
export { discoverCredentials } from './discover-credentials';
export { registerCredential } from './register-credential';
export { refreshThreatIntel } from './refresh-threat-intel';
export { rehearseResponse } from './rehearse-response';
export { respondToLeak } from './respond-to-leak';
export { rotateCredential } from './rotate-credential';
export { watchContainment } from './watch-containment';
