// A real OpenID Connect provider for tests: everybody may sign in with any name; groups come from the name.
import { Provider } from 'oidc-provider';

const [port, ...backs] = process.argv.slice(2);
const provider = new Provider(`http://127.0.0.1:${port}`, {
  clients: [{ client_id: 'allmende', client_secret: 'a secret of the tests: 100 %', redirect_uris: backs,
    post_logout_redirect_uris: [], response_types: ['code'], grant_types: ['authorization_code'] }],
  claims: { openid: ['sub'], profile: ['name', 'preferred_username', 'groups'], email: ['email', 'email_verified'] },
  conformIdTokenClaims: false,
  pkce: { required: () => true },
  cookies: { keys: ['only for tests'] },
  async findAccount(ctx, id) {
    const [name, ...groups] = id.split('+');
    return { accountId: id, claims: async () => ({ sub: id, name: `Frau ${name}`, preferred_username: name, groups,
      email: `${name}@city.example`, email_verified: true }) };
  },
});
provider.listen(Number(port), '127.0.0.1', () => console.log('ready'));
