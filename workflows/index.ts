export { respondToLeak } from './respond-to-leak';
export { rotateCredential } from './rotate-credential';
