// An authorization server of its own process, since Jest can't load it: `oidc-provider` is published as ES modules only.
// Told by messages what to answer, and asked by messages what it has on record.
import { createServer } from 'node:http';
import { Provider } from 'oidc-provider';

const { port, initialAccessToken, reader, endsTokens, ownOnly, rotates, tokenSeconds } = JSON.parse(process.argv[2]);
const clientIds = new Set();
let accepted = true;

const provider = new Provider(`http://127.0.0.1:${port}`, {
  clients: [{ ...reader, grant_types: [], response_types: [], redirect_uris: [] }],
  scopes: ['orders:read', 'orders:write'],
  ttl: { ClientCredentials: tokenSeconds },
  features: {
    devInteractions: { enabled: false },
    clientCredentials: { enabled: true },
    revocation: { enabled: true },
    introspection: {
      enabled: true,
      // By itself it calls tokens active whose client is gone.
      async allowedPolicy(_context, client, token) {
        if (ownOnly && token.clientId !== client.clientId) return false;
        return !endsTokens || (await provider.Client.find(token.clientId)) !== undefined;
      },
    },
    registration: { enabled: true, initialAccessToken },
    registrationManagement: { enabled: true, rotateRegistrationAccessToken: rotates },
  },
});
provider.on('registration_create.success', (_context, client) => clientIds.add(client.clientId));

async function records() {
  const clients = await Promise.all([...clientIds].map((id) => provider.Client.find(id)));
  return clients.filter(Boolean).map((client) => client.metadata());
}

process.on('message', async (message) => {
  if ('accepted' in message) accepted = message.accepted;
  process.send({ records: await records() });
});

const answer = provider.callback();
createServer((request, response) => {
  if (accepted || !request.url.startsWith('/reg')) answer(request, response);
  else response.writeHead(401).end();
}).listen(port, '127.0.0.1', () => process.send('ready'));
