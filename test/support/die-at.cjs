// Preloaded into a response worker: kills it, as a crash does, just before or just after the effect of one activity.
// DIE_AT is `<activity> before` or `<activity> after`; DIE_OF is the credential in whose incident it happens.
const path = require('node:path');

const file = path.resolve(__dirname, '../../dist/activities/index.js');
const activities = require(file);
const [name, moment] = (process.env.DIE_AT ?? '').split(' ');
const { createActivities } = activities;

// What a module exports can't be assigned to: whoever requires it from now on is given another object.
require.cache[file].exports = { ...activities, createActivities: doomed };

function doomed(deps) {
  const all = createActivities(deps);
  const activity = all[name];
  if (!activity) throw new Error(`no activity ${name}`);
  all[name] = async (...args) => {
    if (args[0].credentialId !== process.env.DIE_OF) return activity(...args);
    if (moment === 'after') await activity(...args);
    process.kill(process.pid, 'SIGKILL');
    // The signal is on its way: nothing may be answered meanwhile.
    return new Promise(() => undefined);
  };
  return all;
}
